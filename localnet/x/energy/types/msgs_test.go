package types

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const creditOfNoon = "wh.20260301T1200.0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"

func validRetirement() *MsgRetireCredits {
	return &MsgRetireCredits{
		Coin: sdk.NewInt64Coin(creditOfNoon, 1), Beneficiary: "Town hall", Purpose: RETIREMENT_PURPOSE_CONSUMPTION}
}

func TestRetirementsThatNoStateMakesValid(t *testing.T) {
	require.NoError(t, validRetirement().ValidateBasic())
	for says, change := range map[string]func(*MsgRetireCredits){
		`coin is "`:                   func(m *MsgRetireCredits) { m.Coin = sdk.Coin{} },
		"must be a positive amount":   func(m *MsgRetireCredits) { m.Coin.Amount = sdkmath.ZeroInt() },
		"of a denom":                  func(m *MsgRetireCredits) { m.Coin.Amount = sdkmath.NewInt(-1) },
		"at most 2^64-1":              func(m *MsgRetireCredits) { m.Coin.Amount = sdkmath.NewIntFromUint64(math.MaxUint64).AddRaw(1) },
		"beneficiary is 0 bytes":      func(m *MsgRetireCredits) { m.Beneficiary = "" },
		"beneficiary is 129 bytes":    func(m *MsgRetireCredits) { m.Beneficiary = strings.Repeat("x", 129) },
		"without control":             func(m *MsgRetireCredits) { m.Beneficiary = "Town\nhall" },
		"reason is 257 bytes":         func(m *MsgRetireCredits) { m.Reason = strings.Repeat("x", 257) },
		"neither begin nor end":       func(m *MsgRetireCredits) { m.Reason = " March" },
		"PURPOSE_STORAGE":             func(m *MsgRetireCredits) { m.Purpose = RETIREMENT_PURPOSE_STORAGE },
		"PURPOSE_UNSPECIFIED":         func(m *MsgRetireCredits) { m.Purpose = 0 },
		"purpose is 9":                func(m *MsgRetireCredits) { m.Purpose = 9 },
		"attributes: origin_chain":    func(m *MsgRetireCredits) { m.Attributes = &Attributes{} },
		`attributes: device_id is ""`: func(m *MsgRetireCredits) { m.Attributes = &Attributes{OriginChain: "grid-1"} },
	} {
		msg := validRetirement()
		change(msg)
		err := msg.ValidateBasic()
		require.ErrorIs(t, err, ErrInvalidRetirement, says)
		require.ErrorContains(t, err, says)
	}
}

func TestMessagesThatNoStateMakesValid(t *testing.T) {
	key := unhex(t, "02466d7fcae563e5cb09a0d1870bb580344804617879a14949cf22285f1bae3f27")
	device := MsgRegisterDevice{
		DeviceId: "roof-1", KeyType: KEY_TYPE_SECP256K1, PublicKey: key, Technology: "solar_pv", CapacityW: 1,
		Zone: "DE-LU", IssuingBody: "registry", Proof: make([]byte, 64),
	}
	require.NoError(t, device.ValidateBasic())
	changed := func(change func(*MsgRegisterDevice)) sdk.HasValidateBasic {
		other := device
		change(&other)
		return &other
	}
	coin := func(amount uint64) sdk.Coin { return sdk.NewCoin(creditOfNoon, sdkmath.NewIntFromUint64(amount)) }
	second := sdk.NewCoin("wh.20260301T1215"+creditOfNoon[16:], sdkmath.OneInt())
	for _, c := range []struct {
		msg    sdk.HasValidateBasic
		target error
		says   string
	}{
		{changed(func(m *MsgRegisterDevice) { m.DeviceId = "Roof" }), ErrInvalidDevice, "device_id"},
		{changed(func(m *MsgRegisterDevice) { m.KeyType = 0 }), ErrInvalidDevice, "key_type"},
		{changed(func(m *MsgRegisterDevice) { m.PublicKey = key[1:] }), ErrInvalidDevice, "public_key is 32 bytes"},
		{changed(func(m *MsgRegisterDevice) { m.PublicKey = make([]byte, 33) }), ErrInvalidDevice, "public_key"},
		{changed(func(m *MsgRegisterDevice) { m.KeyType = KEY_TYPE_ED25519 }), ErrInvalidDevice, "public_key is 33 bytes"},
		{changed(func(m *MsgRegisterDevice) {
			m.KeyType, m.PublicKey = KEY_TYPE_ED25519, make([]byte, 32)
		}), ErrInvalidDevice, "small order"},
		{changed(func(m *MsgRegisterDevice) {
			m.KeyType, m.PublicKey = KEY_TYPE_ED25519, bytes.Repeat([]byte{0xff}, 32)
		}), ErrInvalidDevice, "no ed25519 key"},
		{changed(func(m *MsgRegisterDevice) { m.Technology = "PV" }), ErrInvalidDevice, "technology"},
		{changed(func(m *MsgRegisterDevice) { m.CapacityW = 0 }), ErrInvalidDevice, "capacity_w"},
		{changed(func(m *MsgRegisterDevice) { m.Zone = "" }), ErrInvalidDevice, "zone"},
		{changed(func(m *MsgRegisterDevice) { m.LatitudeUdeg = -90_000_001 }), ErrInvalidDevice, "latitude_udeg"},
		{changed(func(m *MsgRegisterDevice) { m.LongitudeUdeg = 180_000_001 }), ErrInvalidDevice, "longitude_udeg"},
		{changed(func(m *MsgRegisterDevice) { m.LongitudeUdeg = math.MinInt64 }), ErrInvalidDevice, "longitude_udeg"},
		{changed(func(m *MsgRegisterDevice) { m.IssuingBody = "" }), ErrInvalidDevice, "issuing_body"},
		{changed(func(m *MsgRegisterDevice) { m.EfficiencyBp = 10_001 }), ErrInvalidDevice, "efficiency_bp"},
		{changed(func(m *MsgRegisterDevice) { m.Proof = m.Proof[1:] }), ErrBadProof, "63 bytes"},
		{&MsgSetIssuingBody{IssuingBody: IssuingBody{Id: "-", Name: "x"}}, ErrInvalidRequest, "issuing_body.id"},
		{&MsgSetIssuingBody{IssuingBody: IssuingBody{Id: "registry"}}, ErrInvalidRequest, "issuing_body.name"},
		{&MsgSetDeviceStatus{Status: DEVICE_STATUS_PENDING}, ErrInvalidRequest, "status"},
		{&MsgSubmitReadings{}, ErrInvalidRequest, "readings are empty"},
		{&MsgSubmitReadings{Readings: make([]SignedReading, 2)}, ErrReadingRefused, "reading 1, 1970-01-01T00:00:00Z: batch_order"},
		{&MsgIssueCredits{}, ErrInvalidRequest, "interval_starts are empty"},
		{&MsgIssueCredits{IntervalStarts: []uint64{1, 1}}, ErrInvalidRequest, "interval_starts[1] is 1, must ascend"},
		{&MsgChargeStorage{}, ErrInvalidRequest, "credits are"},
		{&MsgChargeStorage{Credits: sdk.Coins{second, coin(1)}}, ErrInvalidRequest, "ascending order"},
		{&MsgChargeStorage{Credits: sdk.Coins{coin(0)}}, ErrInvalidRequest, "positive"},
		{&MsgChargeStorage{Credits: sdk.Coins{coin(math.MaxUint64).AddAmount(sdkmath.OneInt())}}, ErrInvalidRequest, "2^64-1"},
		{&MsgChargeStorage{Credits: sdk.Coins{coin(math.MaxUint64), second}}, ErrInvalidRequest, "the sum of credits"},
		{&MsgRecordAttributes{}, ErrInvalidRequest, "attributes are empty"},
		{&MsgRecordAttributes{Attributes: make([]Attributes, 1)}, ErrInvalidRequest, "attributes[0]: origin_chain"},
		{&MsgRegisterPath{}, ErrInvalidPath, "path"},
		{&MsgRegisterPath{Path: RegisteredPath{Path: "transfer/channel-0"}}, ErrInvalidPath, "origin_chain"},
		{&MsgRemovePath{Path: "transfer"}, ErrInvalidPath, "path"},
	} {
		err := c.msg.ValidateBasic()
		require.ErrorIs(t, err, c.target, c.says)
		require.ErrorContains(t, err, c.says)
	}
}

// Energy against power and time, in numbers beyond 64 bits.
func TestCapacityDoesNotOverflow(t *testing.T) {
	for _, c := range []struct {
		energy, capacity, seconds uint64
		exceeds                   bool
	}{
		{250, 1_000, 900, false},
		{251, 1_000, 900, true},
		{0, 1, 60, false},
		{1, 59, 60, true},
		{1, 60, 60, false},
		{math.MaxUint64, math.MaxUint64, 3_600, false},
		{math.MaxUint64, math.MaxUint64, 3_540, true},
		{math.MaxUint64 / 3_600, 1, 900, true},
		{math.MaxUint64/3_600 + 1, 1, 900, true}, // in 64 bits the product is small
		{1, math.MaxUint64, 3_600, false},
	} {
		require.Equal(t, c.exceeds, exceedsCapacity(c.energy, c.capacity, c.seconds), "%v", c)
	}
}
