// Package clearing computes the result of a sealed-bid auction from its
// revealed bids. It is pure: no keeper, no clock, no floating point, no
// dependency beyond the standard library, and equal input gives equal output
// on every machine. Python's plurichain/clearing is its twin; the two print
// byte-equal results.
//
// # Use
//
// A keeper fills a [Problem] and calls [Clear]:
//
//	result, err := clearing.Clear(clearing.Problem{
//		Side: clearing.Reverse, Rule: clearing.VCG, Quantity: 100_000,
//		Reserve: &cap, TieSeed: seed,
//		Bids: []clearing.Bid{{Name: "0a1b…", Steps: steps}},
//	})
//	result.Awards[i].Allocation  // units of Bids[i]
//	result.Awards[i].Payment.Big() // what Bids[i] pays, or is paid
//
// A command line passes the text of a problem file to [ClearJSON], or many of
// them to [ClearLines].
//
// # Rules
//
// Units are served by price (forward: highest first; reverse: lowest first),
// equal prices by [Rank]. A unit beyond the reserve or the cap is not served.
// Payments follow [Rule]; VCG takes, for a bidder that wins k units, the k best
// units of others that were not served, and where they run out the reserve or
// the cap (Krishna, Auction Theory, ch. 12: the losing-units rule).
//
// # Bounds
//
// Every sum in this package runs over units of one lot, each counted once at
// one price: at most 2^64-1 units at most 2^128-1 each, which is below 2^192.
// [Amount] has exactly these 192 bits, so nothing can overflow, whatever the
// number of bidders. A chain's 256-bit integers hold any such sum 2^64 times.
//
// # Cost
//
// Linear in the number of steps (a radix sort of prices), plus one binary
// search for each winner under VCG. Only bidders that tie at the margin are
// hashed.
package clearing
