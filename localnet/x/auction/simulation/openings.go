package simulation

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
	"github.com/plurichain/plurichain/localnet/x/auction/types"
)

// opening returns what a simulated bidder sealed. It follows from auction, bidder
// and attempt, so that a later operation can open it without a memory. About one
// in eight breaks the terms.
func opening(auction types.Auction, bidder sdk.AccAddress, attempt uint32) (bidBytes, salt []byte) {
	seed := binary.BigEndian.AppendUint64(append([]byte{}, bidder...), auction.Id)
	hash := sha256.Sum256(binary.BigEndian.AppendUint32(seed, attempt))
	r := rand.New(rand.NewSource(int64(binary.BigEndian.Uint64(hash[:]))))

	bid := types.Bid{Kind: types.BID_KIND_SCHEDULE, Side: types.BidSideBuy}
	limit := auction.Terms.PriceLimit
	if auction.Terms.Side == types.SIDE_REVERSE {
		bid.Side, limit = types.BidSideSell, auction.Terms.ReservePrice
	}
	price := uint64(r.Int63n(limit.Int64() + 1))
	for range 1 + r.Intn(int(auction.Terms.MaxSteps)) {
		bid.Steps = append(bid.Steps, clearing.Step{Quantity: 1 + uint64(r.Intn(maxUnits)), Price: clearing.NewUint128(price)})
		if bid.Side == types.BidSideSell {
			price += uint64(r.Intn(5))
		} else {
			price -= min(price, uint64(r.Intn(5)))
		}
	}
	data, err := types.EncodeBid(bid)
	if err != nil {
		panic(err)
	}
	if r.Intn(8) == 0 {
		data = append(data, 0)
	}
	return data, hash[:]
}
