package clearing

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestWideArithmeticEqualsBigIntegers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	word := func() uint64 {
		return []uint64{0, 1, random.Uint64(), math.MaxUint64, math.MaxUint64 - 1}[random.IntN(5)]
	}
	for range 10_000 {
		units, price := word(), Uint128{word(), word()}
		product := multiply(units, price)
		want := new(big.Int).Mul(new(big.Int).SetUint64(units), price.Big())
		if product.Big().Cmp(want) != 0 || product.String() != want.String() {
			t.Fatalf("%d × %s is %s, want %s", units, price, product, want)
		}
		other := Amount{word(), word(), word() >> 1}
		half := Amount{product[0], product[1], product[2] >> 1}
		sum := half.add(other)
		if want := new(big.Int).Add(half.Big(), other.Big()); sum.Big().Cmp(want) != 0 {
			t.Fatalf("%s + %s is %s, want %s", half, other, sum, want)
		}
		if back := sum.sub(other); back != half {
			t.Fatalf("%s - %s is %s, want %s", sum, other, back, half)
		}
	}
}

func TestUint128RoundTrips(t *testing.T) {
	top := new(big.Int).Lsh(big.NewInt(1), 128)
	for _, v := range []*big.Int{
		big.NewInt(0), big.NewInt(1), new(big.Int).SetUint64(math.MaxUint64),
		new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Sub(top, big.NewInt(1)),
	} {
		u, ok := Uint128FromBig(v)
		if !ok || u.Big().Cmp(v) != 0 || u.String() != v.String() || Uint128FromBytes(u.Bytes()) != u {
			t.Errorf("%s became %s, %v", v, u, ok)
		}
		if parsed, ok := parseUint128([]byte(v.String())); !ok || parsed != u {
			t.Errorf("%s was read as %s, %v", v, parsed, ok)
		}
	}
	for _, v := range []*big.Int{big.NewInt(-1), top} {
		if u, ok := Uint128FromBig(v); ok {
			t.Errorf("%s became %s", v, u)
		}
	}
	for _, text := range []string{
		"", "00", "01", "-1", "+1", "1.0", "1e3", "١", " 1", top.String(),
		"999999999999999999999999999999999999999", "1000000000000000000000000000000000000000",
	} {
		if u, ok := parseUint128([]byte(text)); ok {
			t.Errorf("%q was read as %s", text, u)
		}
	}
}

func TestCompareIsThatOfBigIntegers(t *testing.T) {
	values := []Uint128{{0, 0}, {0, 1}, {0, math.MaxUint64}, {1, 0}, {1, 1}, {math.MaxUint64, math.MaxUint64}}
	for _, a := range values {
		for _, b := range values {
			if got, want := a.Cmp(b), a.Big().Cmp(b.Big()); got != want {
				t.Errorf("%s against %s is %d, want %d", a, b, got, want)
			}
		}
	}
}
