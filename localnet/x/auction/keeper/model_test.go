package keeper_test

import (
	"time"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// model says what a chain must answer and who must own what, from the rules in
// words alone: plain maps, no store, no queue, no escrow.
type model struct {
	auctions []*modelAuction
	// moved is what each account has won or lost, by account and denom, once
	// every auction is over and every payout claimed; account -1 is the pool.
	moved map[int]map[string]int64
}

type modelAuction struct {
	id             uint64
	creator        int
	terms          types.Terms
	commitDeadline time.Time
	revealDeadline time.Time
	cancelled      bool
	// over: a block has ended at or after the reveal deadline.
	over bool
	bids map[int]*modelBid
	// delivering: winners in award mode whose deposit is held.
	delivering map[int]bool
}

type modelBid struct {
	opening    opening
	steps      []clearing.Step
	admissible bool
	revealed   bool
}

func newModel() *model { return &model{moved: map[int]map[string]int64{}} }

func (m *model) move(who int, denom string, amount int64) {
	if m.moved[who] == nil {
		m.moved[who] = map[string]int64{}
	}
	m.moved[who][denom] += amount
}

func (m *model) find(id uint64) *modelAuction {
	if id == 0 || id > uint64(len(m.auctions)) {
		return nil
	}
	return m.auctions[id-1]
}

// commit returns the error that a commitment must meet, nil if it is taken.
func (m *model) commit(now time.Time, id uint64, bid opening) error {
	auction := m.find(id)
	switch {
	case auction == nil:
		return types.ErrAuctionNotFound
	case auction.cancelled:
		return types.ErrWrongPhase
	case !now.Before(auction.commitDeadline):
		return types.ErrTooLate
	case bid.bidder == auction.creator:
		return types.ErrCreatorBid
	case auction.bids[bid.bidder] != nil && bid.attempt <= auction.bids[bid.bidder].opening.attempt:
		return types.ErrStaleAttempt
	}
	return nil
}

// reveal returns the error that an opening must meet.
func (m *model) reveal(now time.Time, sender int, bid opening, tampered bool) error {
	auction := m.find(bid.id)
	switch {
	case auction.cancelled:
		return types.ErrWrongPhase
	case now.Before(auction.commitDeadline):
		return types.ErrTooEarly
	case !now.Before(auction.revealDeadline):
		return types.ErrTooLate
	}
	stored := auction.bids[bid.bidder]
	switch {
	case stored == nil:
		return types.ErrNoCommitment
	case stored.revealed:
		return types.ErrAlreadyRevealed
	case tampered || stored.opening.attempt != bid.attempt:
		return types.ErrOpeningMismatch
	case stored.admissible && sender != bid.bidder && auction.needsEscrow(stored):
		return types.ErrRelayNeedsEscrow
	}
	return nil
}

// needsEscrow tells whether a bid can cost more than the deposit.
func (a *modelAuction) needsEscrow(bid *modelBid) bool {
	if a.terms.IsAward() || a.terms.Side == types.SIDE_REVERSE {
		return !a.terms.IsAward() // no deposit of these tests holds units of the lot
	}
	most, left := uint64(0), a.terms.Quantity
	for _, step := range bid.steps {
		for range min(step.Quantity, left) {
			most += step.Price.Lo
			left--
		}
	}
	return int64(most) > types.Deposit(&a.terms).AmountOf(money).Int64()
}

// cancel returns the error that a withdrawal must meet.
func (m *model) cancel(now time.Time, id uint64, by int) error {
	auction := m.find(id)
	switch {
	case auction == nil:
		return types.ErrAuctionNotFound
	case auction.creator != by:
		return types.ErrUnauthorized
	case auction.cancelled || !now.Before(auction.commitDeadline):
		return types.ErrWrongPhase
	case len(auction.bids) > 0:
		return types.ErrHasCommitments
	}
	return nil
}

// endDelivery returns the error that a word on a delivery must meet.
func (m *model) endDelivery(now time.Time, id uint64, by, bidder int) error {
	auction := m.find(id)
	switch {
	case auction.creator != by:
		return types.ErrUnauthorized
	case !auction.terms.IsAward():
		return types.ErrNotAwardMode
	case !auction.over:
		return types.ErrWrongPhase
	case !now.Before(auction.revealDeadline.Add(auction.terms.DeliveryWindow)):
		return types.ErrTooLate
	case !auction.delivering[bidder]:
		return types.ErrNoDepositHeld
	}
	return nil
}

// endBlock settles what is due at the time of the block that ends.
func (m *model) endBlock(now time.Time) {
	for _, auction := range m.auctions {
		if !auction.cancelled && !auction.over && !now.Before(auction.revealDeadline) {
			auction.over = true
			m.settle(auction)
		}
	}
}

func (m *model) settle(auction *modelAuction) {
	problem := clearing.Problem{
		Side: clearing.Side(auction.terms.Side), Rule: clearing.Rule(auction.terms.PaymentRule), Quantity: auction.terms.Quantity,
	}
	if auction.terms.ReservePrice != nil {
		reserve := clearing.NewUint128(auction.terms.ReservePrice.Uint64())
		problem.Reserve = &reserve
	}
	var openings []types.Opening
	var bidders []int
	for bidder, bid := range auction.bids {
		if !bid.revealed || !bid.admissible {
			m.lose(auction, bidder)
			continue
		}
		bidders = append(bidders, bidder)
		openings = append(openings, types.Opening{Bidder: account(bidder), Salt: bid.opening.salt})
		problem.Bids = append(problem.Bids, clearing.Bid{Name: types.BidderName(account(bidder)), Steps: bid.steps})
	}
	problem.TieSeed = types.TieSeed(chainID, auction.id, openings)
	for i, row := range must(clearing.Clear(problem)).Awards {
		units, payment := int64(row.Allocation), row.Payment.Big().Int64()
		if auction.terms.IsAward() {
			auction.delivering[bidders[i]] = units > 0
			continue
		}
		if auction.terms.Side == types.SIDE_REVERSE {
			units, payment = -units, -payment
		}
		m.move(bidders[i], lot, units)
		m.move(auction.creator, lot, -units)
		m.move(bidders[i], money, -payment)
		m.move(auction.creator, money, payment)
	}
}

// lose moves the payment part of a deposit to the pool.
func (m *model) lose(auction *modelAuction, bidder int) {
	deposit := types.Deposit(&auction.terms).AmountOf(money).Int64()
	m.move(bidder, money, -deposit)
	m.move(-1, money, deposit)
}
