package keeper_test

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

var (
	histories   = flag.Int("histories", 25, "random histories to play")
	historySeed = flag.Uint64("history-seed", 0, "seed of the first history, 0 for a random one")
)

// history plays random messages against a chain and its model.
type history struct {
	*grid
	model *model
	rng   *rand.Rand
	// met counts the answers seen, so that a history that tests nothing shows.
	met map[string]int
}

// Whatever people do in whatever order, the chain answers as the model says, its
// invariants hold after every block, and in the end everybody owns what the model
// says.
//
//	go test ./x/auction/keeper -run TestRandomHistories -histories 2000 -history-seed 7
func TestRandomHistories(t *testing.T) {
	seed := *historySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	met := map[string]int{}
	for i := range *histories {
		h := &history{grid: newGrid(t), model: newModel(), rng: rand.New(rand.NewPCG(seed+uint64(i), 0)), met: met}
		t.Logf("history %d: -histories 1 -history-seed %d", i, seed+uint64(i))
		h.play(250)
	}
	t.Logf("answers: %v", met)
	for _, answer := range []error{
		nil, types.ErrAuctionNotFound, types.ErrWrongPhase, types.ErrTooLate, types.ErrTooEarly, types.ErrCreatorBid,
		types.ErrStaleAttempt, types.ErrNoCommitment, types.ErrOpeningMismatch, types.ErrAlreadyRevealed,
		types.ErrRelayNeedsEscrow, types.ErrUnauthorized, types.ErrHasCommitments, types.ErrNotAwardMode, types.ErrNoDepositHeld,
	} {
		if *histories >= 25 {
			require.NotZero(t, met[answerName(answer)], "no history ever met %v", answer)
		}
	}
}

func answerName(err error) string {
	if err == nil {
		return "accepted"
	}
	return err.Error()
}

func (h *history) play(steps int) {
	actions := []func(){h.create, h.sendCommit, h.sendCommit, h.sendCommit, h.sendCommit, h.sendReveal, h.sendReveal, h.sendReveal, h.sendReveal,
		h.sendCancel, h.sendDelivery, h.toggleBlocked, h.passTime, h.passTime}
	for range steps {
		actions[h.rng.IntN(len(actions))]()
	}
	h.finish()
}

// expect delivers a message that must be answered as the model says.
func (h *history) expect(want error, msg sdk.Msg) bool {
	h.t.Helper()
	h.met[answerName(want)]++
	_, err := h.deliver(msg)
	if want == nil {
		require.NoError(h.t, err, "%v", msg)
		return true
	}
	require.ErrorIs(h.t, err, want, "%v", msg)
	return false
}

func (h *history) create() {
	if len(h.model.auctions) >= 12 {
		return
	}
	terms := h.anyTerms()
	auction := &modelAuction{
		id: uint64(len(h.model.auctions) + 1), creator: h.rng.IntN(3), terms: terms,
		commitDeadline: h.ctx.BlockTime().Add(terms.CommitWindow),
		revealDeadline: h.ctx.BlockTime().Add(terms.CommitWindow + terms.RevealWindow),
		bids:           map[int]*modelBid{}, delivering: map[int]bool{},
	}
	h.expect(nil, &types.MsgCreateAuction{Creator: account(auction.creator).String(), Terms: terms})
	h.model.auctions = append(h.model.auctions, auction)
}

func (h *history) sendCommit() {
	now := h.ctx.BlockTime()
	id := h.anyID(func(a *modelAuction) bool { return now.Before(a.commitDeadline) })
	bidder, auction := h.rng.IntN(8), h.model.find(id)
	if auction == nil {
		h.expect(types.ErrAuctionNotFound, &types.MsgCommitBid{
			Bidder: account(bidder).String(), AuctionId: id, Attempt: 1, BidCommitment: make([]byte, 32)})
		return
	}
	attempt := uint32(1 + h.rng.IntN(3))
	steps := h.anySteps(auction.terms.Side)
	bid := h.seal(bidder, id, attempt, steps...)
	_, reason := types.FindInadmissible(bid.bytes, &auction.terms)
	if h.expect(h.model.commit(h.ctx.BlockTime(), id, bid), h.commitMsg(bid)) {
		auction.bids[bidder] = &modelBid{opening: bid, steps: steps, admissible: reason == ""}
	}
}

func (h *history) sendReveal() {
	now := h.ctx.BlockTime()
	auction := h.model.find(h.anyID(func(a *modelAuction) bool {
		return !now.Before(a.commitDeadline) && now.Before(a.revealDeadline)
	}))
	if auction == nil {
		return
	}
	bidder := h.anyBidder(auction)
	bid := h.seal(bidder, auction.id, 1, step(1, 1))
	if stored := auction.bids[bidder]; stored != nil {
		bid = stored.opening
	}
	tampered := h.rng.IntN(6) == 0
	if tampered {
		bid.salt = append([]byte{bid.salt[0] ^ 1}, bid.salt[1:]...)
	}
	sender := bidder
	if h.rng.IntN(4) == 0 {
		sender = h.rng.IntN(8)
	}
	if h.expect(h.model.reveal(h.ctx.BlockTime(), sender, bid, tampered), bid.relayedBy(sender)) {
		auction.bids[bidder].revealed = true
	}
}

func (h *history) sendCancel() {
	id := h.anyID(func(*modelAuction) bool { return true })
	by := h.rng.IntN(3)
	if h.expect(h.model.cancel(h.ctx.BlockTime(), id, by), &types.MsgCancelAuction{Creator: account(by).String(), AuctionId: id}) {
		h.model.find(id).cancelled = true
	}
}

func (h *history) sendDelivery() {
	auction := h.model.find(h.anyID(func(a *modelAuction) bool { return a.terms.IsAward() && a.over }))
	if auction == nil {
		return
	}
	by, bidder := h.rng.IntN(3), h.anyBidder(auction)
	if h.rng.IntN(3) != 0 {
		by = auction.creator
	}
	want := h.model.endDelivery(h.ctx.BlockTime(), auction.id, by, bidder)
	if h.rng.IntN(2) == 0 {
		msg := confirm(auction.id, bidder)
		msg.Creator = account(by).String()
		if h.expect(want, msg) {
			delete(auction.delivering, bidder)
		}
		return
	}
	msg := forfeit(auction.id, bidder)
	msg.Creator = account(by).String()
	if h.expect(want, msg) {
		delete(auction.delivering, bidder)
		h.model.lose(auction, bidder)
	}
}

// toggleBlocked makes the bank refuse an account, or pay it again.
func (h *history) toggleBlocked() {
	who := h.rng.IntN(8)
	h.block(who, !h.blocked[account(who).String()])
}

func (h *history) passTime() {
	h.nextBlock(time.Duration(h.rng.Int64N(int64(20 * time.Second))))
}

func (h *history) nextBlock(step time.Duration) {
	h.model.endBlock(h.ctx.BlockTime())
	h.endBlock(h.ctx.BlockTime().Add(step))
}

// finish lets every auction end, claims what is parked, and compares what
// everybody owns.
func (h *history) finish() {
	h.nextBlock(time.Hour)
	h.nextBlock(time.Second)
	h.nextBlock(time.Second) // deposits whose delivery deadline passed meanwhile
	for who := range 8 {
		h.block(who, false)
		for _, parked := range h.parked(account(who).String()) {
			h.ok(claim(parked.AuctionId, who))
		}
	}
	require.Empty(h.t, h.parked(""))
	for who := range 8 {
		for _, denom := range []string{lot, money, "upluri"} {
			require.Equal(h.t, h.model.moved[who][denom], h.change(who, denom), "account %d, %s", who, denom)
		}
	}
	require.Equal(h.t, h.model.moved[-1][money], h.poolOf(money))
	for _, auction := range h.model.auctions {
		want := types.PHASE_CLEARED
		if auction.cancelled {
			want = types.PHASE_CANCELLED
		}
		require.Equal(h.t, want, h.auction(auction.id).Phase, h.auction(auction.id).Failure)
	}
	require.True(h.t, h.grid.bank.GetAllBalances(h.ctx, h.accounts.GetModuleAddress(types.ModuleName)).IsZero(),
		"the module owes nothing and holds nothing")
}
