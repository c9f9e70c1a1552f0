package keeper

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// Invariant returns what is wrong with the state, or nothing.
type Invariant func(sdk.Context) (broken string, err error)

// NamedInvariant is an invariant under the name that the query reports.
type NamedInvariant struct {
	Name  string
	Check Invariant
}

// Invariants returns every invariant of the module, in a fixed order.
func (k Keeper) Invariants() []NamedInvariant {
	return []NamedInvariant{
		{"module_balance", k.checkBalance},
		{"auctions", k.checkAuctions},
		{"bids", k.checkBids},
		{"queue", k.checkQueue},
		{"indexes", k.checkIndexes},
		{"held_deposits", k.checkHeldDeposits},
		{"results", k.checkResults},
	}
}

// checkBalance: the module account holds what the module owes, to the unit, in
// every denom.
func (k Keeper) checkBalance(ctx sdk.Context) (string, error) {
	owed, err := k.getOwed(ctx)
	if err != nil {
		return "", err
	}
	if held := k.getHeld(ctx); !held.Equal(owed) {
		return fmt.Sprintf("the account holds %q and owes %q", held, owed), nil
	}
	return "", nil
}

// getHeld returns what the module account holds.
func (k Keeper) getHeld(ctx context.Context) sdk.Coins {
	return k.bank.GetAllBalances(ctx, k.moduleAddress())
}

// getOwed adds up deposits held, escrows of bidders and creators, and parked
// payouts.
func (k Keeper) getOwed(ctx context.Context) (sdk.Coins, error) {
	owed := sdk.NewCoins()
	auctions := map[uint64]types.Auction{}
	err := k.Auctions.Walk(ctx, nil, func(id uint64, auction types.Auction) (bool, error) {
		auctions[id] = auction
		owed = owed.Add(auction.Escrow...)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.Commitments.Walk(ctx, nil, func(_ bidderKey, commitment types.BidCommitment) (bool, error) {
		if commitment.DepositStatus == types.DEPOSIT_STATUS_HELD {
			owed = owed.Add(auctions[commitment.AuctionId].Deposit...)
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	// A reveal goes on to tell what was escrowed when that has been paid out. The
	// first openings of an auction come in before its stored phase has followed.
	err = k.Reveals.Walk(ctx, nil, func(_ bidderKey, reveal types.Reveal) (bool, error) {
		if auctions[reveal.AuctionId].Phase.IsOpen() {
			owed = owed.Add(reveal.Escrow...)
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.ParkedPayouts.Walk(ctx, nil, func(_ ownerKey, parked types.ParkedPayout) (bool, error) {
		owed = owed.Add(parked.Amount...)
		return false, nil
	})
	return owed, err
}
