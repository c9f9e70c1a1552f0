package types

import (
	"fmt"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// DefaultGenesis is a chain without auctions.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextAuctionId: 1}
}

// Validate returns ErrInvalidGenesis for a state that contradicts itself. What
// the bank holds, and that counts and indexes are true, is checked at import.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return errorsmod.Wrap(ErrInvalidGenesis, err.Error())
	}
	auctions := map[uint64]bool{}
	for _, auction := range g.Auctions {
		if auction.Id == 0 || auction.Id >= g.NextAuctionId || auctions[auction.Id] {
			return errorsmod.Wrapf(ErrInvalidGenesis, "auction %d is repeated or not below next_auction_id %d", auction.Id, g.NextAuctionId)
		}
		auctions[auction.Id] = true
		if err := auction.Validate(); err != nil {
			return err
		}
	}
	if g.NextAuctionId == 0 {
		return errorsmod.Wrap(ErrInvalidGenesis, "next_auction_id is 0, must be at least 1")
	}
	if err := g.validateBids(auctions); err != nil {
		return err
	}
	return g.validateParked()
}

// validateBids checks that commitments, reveals and results belong together.
func (g GenesisState) validateBids(auctions map[uint64]bool) error {
	key := func(id uint64, bidder string) string { return fmt.Sprintf("%d/%s", id, bidder) }
	committed, revealed, results := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	for _, commitment := range g.Commitments {
		at := key(commitment.AuctionId, commitment.Bidder)
		if !auctions[commitment.AuctionId] || committed[at] {
			return errorsmod.Wrapf(ErrInvalidGenesis, "commitment %s is repeated or of no auction", at)
		}
		committed[at] = true
		if err := commitment.Validate(); err != nil {
			return err
		}
	}
	for _, reveal := range g.Reveals {
		at := key(reveal.AuctionId, reveal.Bidder)
		if !committed[at] || revealed[at] {
			return errorsmod.Wrapf(ErrInvalidGenesis, "reveal %s is repeated or of no commitment", at)
		}
		revealed[at] = true
		if reveal.Admissible != (reveal.Reason == "") || len(reveal.Salt) != SaltBytes || reveal.Escrow.Validate() != nil {
			return errorsmod.Wrapf(ErrInvalidGenesis, "reveal %s contradicts itself", at)
		}
	}
	for _, result := range g.Results {
		if !auctions[result.AuctionId] || results[result.AuctionId] {
			return errorsmod.Wrapf(ErrInvalidGenesis, "result of auction %d is repeated or of no auction", result.AuctionId)
		}
		results[result.AuctionId] = true
		for _, award := range result.Awards {
			if at := key(result.AuctionId, award.Bidder); !revealed[at] || award.Payment.IsNil() || award.Payment.IsNegative() {
				return errorsmod.Wrapf(ErrInvalidGenesis, "award %s is of no reveal or has no payment", at)
			}
		}
	}
	return nil
}

func (g GenesisState) validateParked() error {
	owners := map[string]bool{}
	for _, parked := range g.ParkedPayouts {
		at := fmt.Sprintf("%d/%s", parked.AuctionId, parked.Owner)
		if _, err := sdk.AccAddressFromBech32(parked.Owner); err != nil || owners[at] {
			return errorsmod.Wrapf(ErrInvalidGenesis, "parked payout %s is repeated or of no account", at)
		}
		owners[at] = true
		if parked.Amount.Validate() != nil || parked.Amount.IsZero() {
			return errorsmod.Wrapf(ErrInvalidGenesis, "parked payout %s is %q", at, parked.Amount)
		}
	}
	return nil
}
