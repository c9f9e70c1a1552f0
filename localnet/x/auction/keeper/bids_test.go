package keeper_test

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/keeper"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// Account 0 creates the auctions; accounts from 1 on bid.
const town = 0

const window = time.Minute

func price(amount int64) *math.Int {
	value := math.NewInt(amount)
	return &value
}

// forward offers 4 units at no less than 20, bids up to 100; the deposit is 400.
func forward(changes ...func(*types.Terms)) types.Terms {
	return change(types.Terms{
		Side: types.SIDE_FORWARD, PaymentRule: types.PAYMENT_RULE_VCG, Quantity: 4,
		LotDenom: lot, PaymentDenom: money, ReservePrice: price(20), PriceLimit: price(100),
		CommitWindow: window, RevealWindow: window,
	}, changes)
}

// reverse wants 5 units at no more than 100; the deposit is 50.
func reverse(changes ...func(*types.Terms)) types.Terms {
	return change(types.Terms{
		Side: types.SIDE_REVERSE, PaymentRule: types.PAYMENT_RULE_VCG, Quantity: 5,
		LotDenom: lot, PaymentDenom: money, ReservePrice: price(100),
		CommitWindow: window, RevealWindow: window,
	}, changes)
}

func change(terms types.Terms, changes []func(*types.Terms)) types.Terms {
	for _, apply := range changes {
		apply(&terms)
	}
	return terms
}

func award(t *types.Terms) {
	t.Settlement = types.SETTLEMENT_AWARD
	t.DeliveryWindow = window
}

// open creates an auction of the town and returns its id.
func (g *grid) open(terms types.Terms) uint64 {
	g.t.Helper()
	response, err := g.deliver(&types.MsgCreateAuction{Creator: account(town).String(), Terms: terms})
	require.NoError(g.t, err)
	return response.(*types.MsgCreateAuctionResponse).AuctionId
}

// step is a quantity at a unit price.
func step(quantity uint64, price uint64) clearing.Step {
	return clearing.Step{Quantity: quantity, Price: clearing.NewUint128(price)}
}

// opening is what a bidder keeps until the reveal.
type opening struct {
	bidder  int
	id      uint64
	bytes   []byte
	salt    []byte
	attempt uint32
}

// seal makes the opening of a schedule on the side that the auction takes.
func (g *grid) seal(bidder int, id uint64, attempt uint32, steps ...clearing.Step) opening {
	g.t.Helper()
	side := types.BidSideBuy
	if g.auction(id).Terms.Side == types.SIDE_REVERSE {
		side = types.BidSideSell
	}
	data, err := types.EncodeBid(types.Bid{Kind: types.BID_KIND_SCHEDULE, Side: side, Steps: steps})
	require.NoError(g.t, err)
	return sealBytes(bidder, id, attempt, data)
}

// sealBytes makes an opening of any bytes.
func sealBytes(bidder int, id uint64, attempt uint32, data []byte) opening {
	salt := sha256.Sum256(fmt.Appendf(nil, "salt %d %d %d", bidder, id, attempt))
	return opening{bidder: bidder, id: id, bytes: data, salt: salt[:], attempt: attempt}
}

// commitMsg is the commitment to an opening.
func (g *grid) commitMsg(o opening) *types.MsgCommitBid {
	return &types.MsgCommitBid{
		Bidder: account(o.bidder).String(), AuctionId: o.id, Attempt: o.attempt,
		BidCommitment: types.ComputeBidCommitment(
			chainID, o.id, account(o.bidder), g.auction(o.id).TermsHash, o.bytes, o.salt),
	}
}

func (o opening) revealMsg() *types.MsgRevealBid {
	return &types.MsgRevealBid{
		Sender: account(o.bidder).String(), Bidder: account(o.bidder).String(),
		AuctionId: o.id, BidBytes: o.bytes, Salt: o.salt,
	}
}

// relayedBy is the same opening from another sender.
func (o opening) relayedBy(sender int) *types.MsgRevealBid {
	msg := o.revealMsg()
	msg.Sender = account(sender).String()
	return msg
}

// commit seals and commits in one go.
func (g *grid) commit(bidder int, id uint64, steps ...clearing.Step) opening {
	g.t.Helper()
	sealed := g.seal(bidder, id, 1, steps...)
	g.ok(g.commitMsg(sealed))
	return sealed
}

// toReveals finishes blocks until openings are taken.
func (g *grid) toReveals(id uint64) { g.endBlock(g.auction(id).CommitDeadline) }

// toResult finishes blocks until the auction has been cleared.
func (g *grid) toResult(id uint64) types.Result {
	g.t.Helper()
	g.toTime(g.auction(id).RevealDeadline)
	return g.result(id)
}

func (g *grid) result(id uint64) types.Result {
	g.t.Helper()
	require.Equal(g.t, types.PHASE_CLEARED, g.auction(id).Phase, g.auction(id).Failure)
	answer, err := keeper.NewQueryServer(g.keeper).Result(g.ctx, &types.QueryResultRequest{AuctionId: id})
	require.NoError(g.t, err)
	return answer.Result
}

// awardOf returns units and payment of a bidder.
func awardOf(result types.Result, bidder int) (units uint64, payment int64) {
	for _, row := range result.Awards {
		if row.Bidder == account(bidder).String() {
			return row.Allocation, row.Payment.Int64()
		}
	}
	return 0, -1
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// join is the key of a bidder in an auction.
func join(id uint64, bidder int) collections.Pair[uint64, sdk.AccAddress] {
	return collections.Join(id, account(bidder))
}

// ownerOf is the key of an owner's payout of an auction.
func ownerOf(owner int, id uint64) collections.Pair[sdk.AccAddress, uint64] {
	return collections.Join(account(owner), id)
}

func newGasMeter(limit uint64) storetypes.GasMeter { return storetypes.NewGasMeter(limit) }
