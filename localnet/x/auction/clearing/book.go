package clearing

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// entry is a step as it competes with the others.
type entry struct {
	// key is the price, complemented in forward auctions: ascending is best first.
	key      Uint128
	quantity uint64
	// bidder is an index into Problem.Bids.
	bidder uint32
}

// book holds the steps that the reserve or the cap lets compete, best first.
type book struct {
	problem *Problem
	entries []entry
	// served is how many entries are served wholly; of the next one, partly
	// units are served.
	served int
	partly uint64
	awards []Award
}

// newBook sorts the admissible steps by price; equal prices stay in the order
// of bids and steps.
func newBook(p *Problem) *book {
	count := 0
	for i := range p.Bids {
		count += len(p.Bids[i].Steps)
	}
	entries := make([]entry, 0, count)
	var worst *Uint128
	if p.Reserve != nil {
		key := sortKey(p.Side, *p.Reserve)
		worst = &key
	}
	for i := range p.Bids {
		for _, step := range p.Bids[i].Steps {
			key := sortKey(p.Side, step.Price)
			if worst != nil && key.Cmp(*worst) > 0 {
				break // the rest of a schedule is no better
			}
			entries = append(entries, entry{key: key, quantity: step.Quantity, bidder: uint32(i)})
		}
	}
	return &book{problem: p, entries: sortByKey(entries), awards: make([]Award, len(p.Bids))}
}

// sortKey maps a price to its place, and a place to its price.
func sortKey(side Side, price Uint128) Uint128 {
	if side == Forward {
		return price.not()
	}
	return price
}

// price returns the unit price of the entry at index i.
func (b *book) price(i int) Uint128 { return sortKey(b.problem.Side, b.entries[i].key) }

// serve allocates the lot: whole groups of equal price while they fit, then the
// group at the margin by rank.
func (b *book) serve() {
	left := b.problem.Quantity
	for b.served < len(b.entries) && left > 0 {
		end, fits := b.groupAt(b.served, left)
		if !fits {
			b.sortByRank(b.entries[b.served:end])
		}
		for ; b.served < end && left > 0; b.served++ {
			e := &b.entries[b.served]
			if e.quantity > left {
				b.partly = left
				b.awards[e.bidder].Allocation += left
				return
			}
			b.awards[e.bidder].Allocation += e.quantity
			left -= e.quantity
		}
	}
}

// groupAt returns the end of the group of equal prices that begins at start,
// and whether all of its units fit into left.
func (b *book) groupAt(start int, left uint64) (end int, fits bool) {
	key := b.entries[start].key
	fits = true
	for end = start; end < len(b.entries) && b.entries[end].key == key; end++ {
		if fits && b.entries[end].quantity <= left {
			left -= b.entries[end].quantity
		} else {
			fits = false
		}
	}
	return end, fits
}

// sortByRank orders entries of one price by their bidders' ranks. Entries of
// one bidder are neighbours and keep their order.
func (b *book) sortByRank(group []entry) {
	type run struct {
		rank    [sha256.Size]byte
		entries []entry
	}
	ranker := newRanker(b.problem.TieSeed)
	copied := slices.Clone(group)
	var runs []run
	for start, end := 0, 0; start < len(copied); start = end {
		bidder := copied[start].bidder
		for end = start + 1; end < len(copied) && copied[end].bidder == bidder; end++ {
		}
		runs = append(runs, run{ranker.rank(b.problem.Bids[bidder].Name), copied[start:end]})
	}
	slices.SortFunc(runs, func(x, y run) int { return bytes.Compare(x.rank[:], y.rank[:]) })
	for _, run := range runs {
		group = group[copy(group, run.entries):]
	}
}

// sortByKey is a stable radix sort, least significant byte first; bytes that
// all keys share cost nothing. It may return another slice than it was given.
func sortByKey(entries []entry) []entry {
	if len(entries) < 2 {
		return entries
	}
	first := entries[0].key
	var differ Uint128
	for i := range entries {
		differ.Hi |= entries[i].key.Hi ^ first.Hi
		differ.Lo |= entries[i].key.Lo ^ first.Lo
	}
	scratch := make([]entry, len(entries))
	for shift := uint(0); shift < 128; shift += 8 {
		if differ.byteAt(shift) == 0 {
			continue
		}
		var starts [256]int
		for i := range entries {
			starts[entries[i].key.byteAt(shift)]++
		}
		next := 0
		for digit, count := range starts {
			starts[digit] = next
			next += count
		}
		for i := range entries {
			digit := entries[i].key.byteAt(shift)
			scratch[starts[digit]] = entries[i]
			starts[digit]++
		}
		entries, scratch = scratch, entries
	}
	return entries
}

// byteAt returns the byte that begins at bit shift.
func (u Uint128) byteAt(shift uint) byte {
	if shift < 64 {
		return byte(u.Lo >> shift)
	}
	return byte(u.Hi >> (shift - 64))
}
