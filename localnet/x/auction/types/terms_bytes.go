package types

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/plurichain/plurichain/localnet/x/auction/clearing"
)

const (
	termsVersion = 1
	// DefaultMaxSteps is the step limit of terms that name none.
	DefaultMaxSteps = 16
)

// defaultKinds are the kinds of terms that name none.
var defaultKinds = []BidKind{BID_KIND_SCHEDULE}

// AdmittedKinds returns the kinds of bid that the terms take.
func (t *Terms) AdmittedKinds() []BidKind {
	if len(t.Kinds) == 0 {
		return defaultKinds
	}
	return t.Kinds
}

// StepLimit returns the most steps or options of one bid.
func (t *Terms) StepLimit() uint32 {
	if t.MaxSteps == 0 {
		return DefaultMaxSteps
	}
	return t.MaxSteps
}

// NormalTerms returns a copy with every default written out. Terms with the
// same canonical bytes have the same normal form.
func NormalTerms(terms *Terms) Terms {
	normal := *terms
	normal.Kinds = slices.Clone(terms.AdmittedKinds())
	normal.MaxSteps = terms.StepLimit()
	if normal.Settlement == SETTLEMENT_UNSPECIFIED {
		normal.Settlement = SETTLEMENT_COINS
	}
	if len(normal.Deposit) == 0 {
		normal.Deposit = nil
	}
	return normal
}

// EncodeTerms returns the canonical bytes of terms, or an ErrNotCanonical that
// names the field that has none. Whether a chain takes them is for ValidateTerms.
func EncodeTerms(terms *Terms) ([]byte, error) {
	normal := NormalTerms(terms)
	out := []byte{termsVersion}
	for i := range termsFields {
		field := &termsFields[i]
		if field.isDefault != nil && field.isDefault(&normal) {
			continue
		}
		value, err := field.encode(&normal)
		if err != nil {
			return nil, err
		}
		out = binary.BigEndian.AppendUint16(out, field.number)
		out = appendLP(out, value)
	}
	return out, nil
}

// DecodeTerms returns the terms of canonical bytes in normal form, or an
// ErrNotCanonical.
func DecodeTerms(data []byte) (Terms, error) {
	r := reader{rest: data}
	if version := r.u8(); version != termsVersion {
		return Terms{}, notCanonical("version %d is not %d", version, termsVersion)
	}
	terms := NormalTerms(&Terms{})
	for r.err == nil && len(r.rest) > 0 {
		number := r.u16()
		value := reader{rest: r.lp()}
		if r.err != nil {
			break
		}
		index := slices.IndexFunc(termsFields, func(f termsField) bool { return f.number == number })
		if index < 0 {
			return Terms{}, notCanonical("field %d is unknown", number)
		}
		termsFields[index].decode(&value, &terms)
		if err := value.end(); err != nil {
			return Terms{}, err
		}
	}
	if err := r.end(); err != nil {
		return Terms{}, err
	}
	// Order, repeats, written defaults and missing fields all show here.
	again, err := EncodeTerms(&terms)
	if err != nil {
		return Terms{}, err
	}
	if !bytes.Equal(again, data) {
		return Terms{}, notCanonical("fields are missing, repeated, out of order or at their default")
	}
	return terms, nil
}

// termsField is how one field is written. isDefault is nil if the field is
// always written. decode leaves it to the second encoding to find bad values.
type termsField struct {
	number    uint16
	isDefault func(*Terms) bool
	encode    func(*Terms) ([]byte, error)
	decode    func(*reader, *Terms)
}

// termsFields has the fields of tests/vectors/README.md in ascending order.
var termsFields = []termsField{
	{1, nil, func(t *Terms) ([]byte, error) { return encodeEnum("side", int32(t.Side), Side_name) },
		func(r *reader, t *Terms) { t.Side = Side(r.u8()) }},
	{2, nil, func(t *Terms) ([]byte, error) {
		return encodeEnum("payment_rule", int32(t.PaymentRule), PaymentRule_name)
	},
		func(r *reader, t *Terms) { t.PaymentRule = PaymentRule(r.u8()) }},
	{3, func(t *Terms) bool { return slices.Equal(t.Kinds, defaultKinds) },
		func(t *Terms) ([]byte, error) { return encodeKinds(t.Kinds) },
		func(r *reader, t *Terms) { t.Kinds = decodeKinds(r) }},
	{4, func(t *Terms) bool { return t.Quantity == 0 },
		func(t *Terms) ([]byte, error) { return encodeUint64(t.Quantity), nil },
		func(r *reader, t *Terms) { t.Quantity = r.u64() }},
	{5, func(t *Terms) bool { return t.LotDenom == "" },
		func(t *Terms) ([]byte, error) { return encodeText("lot_denom", t.LotDenom) },
		func(r *reader, t *Terms) { t.LotDenom = decodeText(r) }},
	{6, func(t *Terms) bool { return t.PaymentDenom == "" },
		func(t *Terms) ([]byte, error) { return encodeText("payment_denom", t.PaymentDenom) },
		func(r *reader, t *Terms) { t.PaymentDenom = decodeText(r) }},
	{7, func(t *Terms) bool { return t.ReservePrice == nil },
		func(t *Terms) ([]byte, error) { return encodeUint128("reserve_price", *t.ReservePrice) },
		func(r *reader, t *Terms) { t.ReservePrice = decodeUint128(r) }},
	{8, func(t *Terms) bool { return t.PriceLimit == nil },
		func(t *Terms) ([]byte, error) { return encodeUint128("price_limit", *t.PriceLimit) },
		func(r *reader, t *Terms) { t.PriceLimit = decodeUint128(r) }},
	{9, func(t *Terms) bool { return t.MaxQuantity == 0 },
		func(t *Terms) ([]byte, error) { return encodeUint64(t.MaxQuantity), nil },
		func(r *reader, t *Terms) { t.MaxQuantity = r.u64() }},
	{10, func(t *Terms) bool { return t.MaxSteps == DefaultMaxSteps },
		func(t *Terms) ([]byte, error) { return encodeMaxSteps(t.MaxSteps) },
		func(r *reader, t *Terms) { t.MaxSteps = uint32(r.u16()) }},
	{11, func(t *Terms) bool { return len(t.Deposit) == 0 },
		func(t *Terms) ([]byte, error) { return encodeCoins(t.Deposit) },
		func(r *reader, t *Terms) { t.Deposit = decodeCoins(r) }},
	{12, nil, func(t *Terms) ([]byte, error) { return encodeWindow("commit_window", t.CommitWindow) },
		func(r *reader, t *Terms) { t.CommitWindow = decodeWindow(r) }},
	{13, nil, func(t *Terms) ([]byte, error) { return encodeWindow("reveal_window", t.RevealWindow) },
		func(r *reader, t *Terms) { t.RevealWindow = decodeWindow(r) }},
	{14, func(t *Terms) bool { return t.Settlement == SETTLEMENT_COINS },
		func(t *Terms) ([]byte, error) {
			return encodeEnum("settlement", int32(t.Settlement), Settlement_name)
		},
		func(r *reader, t *Terms) { t.Settlement = Settlement(r.u8()) }},
	{15, func(t *Terms) bool { return t.DeliveryWindow == 0 },
		func(t *Terms) ([]byte, error) { return encodeWindow("delivery_window", t.DeliveryWindow) },
		func(r *reader, t *Terms) { t.DeliveryWindow = decodeWindow(r) }},
	{16, func(t *Terms) bool { return t.MaxBidders == 0 },
		func(t *Terms) ([]byte, error) { return binary.BigEndian.AppendUint32(nil, t.MaxBidders), nil },
		func(r *reader, t *Terms) { t.MaxBidders = r.u32() }},
	{17, func(t *Terms) bool { return t.Title == "" },
		func(t *Terms) ([]byte, error) { return encodeText("title", t.Title) },
		func(r *reader, t *Terms) { t.Title = decodeText(r) }},
	{18, func(t *Terms) bool { return t.DeliveryStart == 0 },
		func(t *Terms) ([]byte, error) { return encodeUint64(t.DeliveryStart), nil },
		func(r *reader, t *Terms) { t.DeliveryStart = r.u64() }},
	{19, func(t *Terms) bool { return t.DeliveryEnd == 0 },
		func(t *Terms) ([]byte, error) { return encodeUint64(t.DeliveryEnd), nil },
		func(r *reader, t *Terms) { t.DeliveryEnd = r.u64() }},
	{20, func(t *Terms) bool { return t.CreditClass == nil },
		func(t *Terms) ([]byte, error) { return encodeCreditClass(t.CreditClass) },
		func(r *reader, t *Terms) { t.CreditClass = decodeCreditClass(r) }},
}

func encodeEnum(field string, number int32, names map[int32]string) ([]byte, error) {
	if _, known := names[number]; !known || number == 0 {
		return nil, notCanonical("%s %d is unknown", field, number)
	}
	return []byte{byte(number)}, nil
}

func encodeKinds(kinds []BidKind) ([]byte, error) {
	out := make([]byte, 0, len(kinds))
	for i, kind := range kinds {
		if kind < BID_KIND_SCHEDULE || kind > BID_KIND_BLOCK || i > 0 && kind <= kinds[i-1] {
			return nil, notCanonical("kinds are unknown, repeated or not ascending")
		}
		out = append(out, byte(kind))
	}
	return out, nil
}

func decodeKinds(r *reader) []BidKind {
	raw := r.take(uint64(len(r.rest)))
	kinds := make([]BidKind, len(raw))
	for i, number := range raw {
		kinds[i] = BidKind(number)
	}
	return kinds
}

func encodeUint64(value uint64) []byte { return binary.BigEndian.AppendUint64(nil, value) }

func encodeUint128(field string, value sdkmath.Int) ([]byte, error) {
	if value.IsNil() {
		return nil, notCanonical("%s is empty", field)
	}
	narrow, ok := clearing.Uint128FromBig(value.BigIntMut())
	if !ok {
		return nil, notCanonical("%s %s is not from 0 to 2^128-1", field, value)
	}
	return appendUint128(nil, narrow), nil
}

func decodeUint128(r *reader) *sdkmath.Int {
	value := priceInt(r.u128())
	return &value
}

func encodeText(field, text string) ([]byte, error) {
	if !utf8.ValidString(text) {
		return nil, notCanonical("%s is not UTF-8", field)
	}
	return []byte(text), nil
}

func decodeText(r *reader) string { return string(r.take(uint64(len(r.rest)))) }

func encodeMaxSteps(steps uint32) ([]byte, error) {
	if steps > math.MaxUint16 {
		return nil, notCanonical("max_steps %d is above %d", steps, math.MaxUint16)
	}
	return binary.BigEndian.AppendUint16(nil, uint16(steps)), nil
}

func encodeWindow(field string, window time.Duration) ([]byte, error) {
	if window < 0 {
		return nil, notCanonical("%s %s is negative", field, window)
	}
	return encodeUint64(uint64(window)), nil
}

// decodeWindow makes a window beyond time.Duration a negative one, which has no
// canonical bytes.
func decodeWindow(r *reader) time.Duration { return time.Duration(r.u64()) }

func encodeCoins(coins sdk.Coins) ([]byte, error) {
	if len(coins) > math.MaxUint16 {
		return nil, notCanonical("deposit: %d coins are more than %d", len(coins), math.MaxUint16)
	}
	out := binary.BigEndian.AppendUint16(nil, uint16(len(coins)))
	for i, coin := range coins {
		if i > 0 && coin.Denom <= coins[i-1].Denom {
			return nil, notCanonical("deposit: denoms are repeated or not ascending")
		}
		denom, err := encodeText("deposit", coin.Denom)
		if err != nil {
			return nil, err
		}
		amount, err := encodeUint128("deposit", coin.Amount)
		if err != nil {
			return nil, err
		}
		if coin.Amount.IsZero() {
			return nil, notCanonical("deposit: no amount of %s", coin.Denom)
		}
		out = append(appendLP(out, denom), amount...)
	}
	return out, nil
}

func decodeCoins(r *reader) sdk.Coins {
	count := r.u16()
	var coins sdk.Coins
	for range count {
		coin := sdk.Coin{Denom: string(r.lp()), Amount: *decodeUint128(r)}
		if r.err != nil {
			break
		}
		coins = append(coins, coin)
	}
	return coins
}
