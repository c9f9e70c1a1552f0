package types

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/plurichain/plurichain/localnet/internal/vectors"
)

type bytesInput struct {
	Function       string      `json:"function"`
	OriginChain    string      `json:"origin_chain"`
	ChainID        string      `json:"chain_id"`
	DeviceID       string      `json:"device_id"`
	Owner          vectors.Hex `json:"owner"`
	KeyType        int32       `json:"key_type,string"`
	PublicKey      vectors.Hex `json:"public_key"`
	Technology     string      `json:"technology"`
	Zone           string      `json:"zone"`
	CapacityW      uint64      `json:"capacity_w,string"`
	LatitudeUdeg   int64       `json:"latitude_udeg,string"`
	LongitudeUdeg  int64       `json:"longitude_udeg,string"`
	IntervalStart  uint64      `json:"interval_start,string"`
	IntervalEnd    uint64      `json:"interval_end,string"`
	CounterStartWh uint64      `json:"counter_start_wh,string"`
	CounterEndWh   uint64      `json:"counter_end_wh,string"`
	ReadingHash    vectors.Hex `json:"reading_hash"`
	IssuingBody    string      `json:"issuing_body"`
	EfficiencyBp   uint32      `json:"efficiency_bp,string"`
}

func (in bytesInput) attributes() Attributes {
	return Attributes{
		OriginChain: in.OriginChain, DeviceId: in.DeviceID, Technology: in.Technology, Zone: in.Zone,
		CapacityW: in.CapacityW, IntervalStart: in.IntervalStart, IntervalEnd: in.IntervalEnd,
		ReadingHash: in.ReadingHash, IssuingBody: in.IssuingBody,
	}
}

func TestBytesVectors(t *testing.T) {
	type output struct {
		Bytes   vectors.Hex `json:"bytes"`
		Hash    vectors.Hex `json:"hash"`
		Denom   string      `json:"denom"`
		Message vectors.Hex `json:"message"`
	}
	vectors.Run(t, "energy_bytes", func(t *testing.T, in bytesInput, expected output) {
		switch in.Function {
		case "attributes":
			attributes := in.attributes()
			require.NoError(t, attributes.Validate())
			require.EqualValues(t, expected.Bytes, attributes.Bytes())
			require.EqualValues(t, expected.Hash, attributes.Hash())
			require.Equal(t, expected.Denom, attributes.Denom())
		case "reading":
			reading := SignedReading{
				IntervalStart: in.IntervalStart, IntervalEnd: in.IntervalEnd,
				CounterStartWh: in.CounterStartWh, CounterEndWh: in.CounterEndWh,
			}
			require.EqualValues(t, expected.Message, ReadingSignBytes(in.ChainID, in.DeviceID, reading))
			require.EqualValues(t, expected.Hash, ReadingHash(in.ChainID, in.DeviceID, reading))
		case "device":
			device := Device{
				Id: in.DeviceID, KeyType: KeyType(in.KeyType), PublicKey: in.PublicKey, Technology: in.Technology,
				CapacityW: in.CapacityW, Zone: in.Zone, LatitudeUdeg: in.LatitudeUdeg, LongitudeUdeg: in.LongitudeUdeg,
				IssuingBody: in.IssuingBody, EfficiencyBp: in.EfficiencyBp,
			}
			require.EqualValues(t, expected.Message, DeviceSignBytes(in.ChainID, in.Owner, device))
		default:
			t.Fatalf("unknown function %q", in.Function)
		}
	})
}

func TestFieldVectors(t *testing.T) {
	type input struct {
		bytesInput
		Text    string `json:"text"`
		Minimum int    `json:"minimum,string"`
		Maximum int    `json:"maximum,string"`
		Path    string `json:"path"`
		Denom   string `json:"denom"`
	}
	type output struct {
		Field         *string `json:"field"`
		IntervalStart *string `json:"interval_start"`
	}
	vectors.Run(t, "energy_fields", func(t *testing.T, in input, expected output) {
		switch in.Function {
		case "attributes":
			requireField(t, expected.Field, in.attributes().Validate())
		case "printable":
			requireField(t, expected.Field, validateText("text", in.Text, in.Minimum, in.Maximum))
		case "path":
			require.Equal(t, expected.Field == nil, ValidatePath(in.Path) == nil)
		case "denom":
			start, is := ParseCreditDenom(in.Denom)
			require.Equal(t, expected.IntervalStart != nil, is)
			if is {
				require.Equal(t, *expected.IntervalStart, strconv.FormatUint(start, 10))
			}
		default:
			t.Fatalf("unknown function %q", in.Function)
		}
	})
}

// requireField checks which field an error is about, if there is to be one.
func requireField(t *testing.T, expected *string, err error) {
	t.Helper()
	if expected == nil {
		require.NoError(t, err)
		return
	}
	var wrong *FieldError
	require.True(t, errors.As(err, &wrong), "expected %s, got %v", *expected, err)
	require.Equal(t, *expected, wrong.Field)
}

func TestSignatureVectors(t *testing.T) {
	type input struct {
		KeyType   int32       `json:"key_type,string"`
		PublicKey vectors.Hex `json:"public_key"`
		Message   vectors.Hex `json:"message"`
		Signature vectors.Hex `json:"signature"`
	}
	type output struct {
		Valid bool `json:"valid"`
	}
	vectors.Run(t, "energy_signatures", func(t *testing.T, in input, expected output) {
		require.Equal(t, expected.Valid, IsSignedBy(KeyType(in.KeyType), in.PublicKey, in.Message, in.Signature))
	})
}

// row is a reading: start, end, counters and, in a batch, the signature.
type row []string

func (r row) reading(t *testing.T) SignedReading {
	t.Helper()
	var numbers [4]uint64
	for i := range numbers {
		var err error
		numbers[i], err = strconv.ParseUint(r[i], 10, 64)
		require.NoError(t, err)
	}
	reading := SignedReading{
		IntervalStart: numbers[0], IntervalEnd: numbers[1], CounterStartWh: numbers[2], CounterEndWh: numbers[3]}
	if len(r) == 5 {
		reading.Signature = unhex(t, r[4])
	}
	return reading
}

func TestReadingVectors(t *testing.T) {
	type input struct {
		bytesInput
		IntervalSeconds uint32 `json:"interval_seconds,string"`
		MaxAge          uint64 `json:"max_reading_age_seconds,string"`
		Now             uint64 `json:"now,string"`
		DaylightOnly    bool   `json:"daylight_only"`
		Known           []row  `json:"known"`
		Batch           []row  `json:"batch"`
	}
	type refused struct {
		Index  int    `json:"index,string"`
		Reason string `json:"reason"`
	}
	type output struct {
		Refused *refused `json:"refused"`
	}
	met := map[string]bool{}
	vectors.Run(t, "energy_readings", func(t *testing.T, in input, expected output) {
		circumstances := Circumstances{
			ChainID: in.ChainID, DaylightOnly: in.DaylightOnly,
			IntervalSeconds: in.IntervalSeconds, MaxReadingAgeSeconds: in.MaxAge, Now: in.Now,
			Device: Device{
				Id: in.DeviceID, KeyType: KeyType(in.KeyType), PublicKey: in.PublicKey, Technology: in.Technology,
				CapacityW: in.CapacityW, LatitudeUdeg: in.LatitudeUdeg, LongitudeUdeg: in.LongitudeUdeg,
			},
		}
		known, batch := readings(t, in.Known), readings(t, in.Batch)
		index, reason := judge(circumstances, known, batch)
		if expected.Refused == nil {
			require.Empty(t, reason, "reading %d", index)
			return
		}
		require.Equal(t, *expected.Refused, refused{index, reason})
		met[reason] = true
	})
	require.Len(t, met, 10, "some reason has no vector")
}

func readings(t *testing.T, rows []row) []SignedReading {
	t.Helper()
	out := make([]SignedReading, len(rows))
	for i, r := range rows {
		out[i] = r.reading(t)
	}
	return out
}

// judge takes a batch as the chain does, with what is known in a slice.
func judge(c Circumstances, known, batch []SignedReading) (index int, reason string) {
	if index, refusal := FindDisorder(batch); refusal.IsRefused() {
		return index, refusal.Reason
	}
	for i, reading := range batch {
		refusal := c.FindRefusal(reading)
		if !refusal.IsRefused() {
			refusal = neighboursAmong(known, reading.IntervalStart).FindRefusal(reading)
		}
		if refusal.IsRefused() {
			return i, refusal.Reason
		}
		known = append(known, reading)
	}
	return 0, ""
}

func neighboursAmong(known []SignedReading, start uint64) (around Neighbours) {
	for _, reading := range known {
		if reading.IntervalStart < start && (around.Previous == nil || reading.IntervalStart > around.Previous.IntervalStart) {
			around.Previous = &reading
		}
		if reading.IntervalStart >= start && (around.Next == nil || reading.IntervalStart < around.Next.IntervalStart) {
			around.Next = &reading
		}
	}
	return around
}

func TestStorageVectors(t *testing.T) {
	type input struct {
		Function   string    `json:"function"`
		Charged    math.Int  `json:"charged_wh"`
		Efficiency uint32    `json:"efficiency_bp,string"`
		Metered    uint64    `json:"metered_wh,string"`
		Balance    *math.Int `json:"storage_balance_wh"`
	}
	type output struct {
		Wh math.Int `json:"wh"`
	}
	vectors.Run(t, "energy_storage", func(t *testing.T, in input, expected output) {
		if in.Function == "charge" {
			require.Equal(t, expected.Wh.String(), CreditedWh(in.Charged, in.Efficiency).String())
			return
		}
		require.Equal(t, "issue", in.Function)
		device := Device{}
		if in.Balance != nil {
			device = Device{EfficiencyBp: 1, StorageBalanceWh: *in.Balance}
		}
		require.Equal(t, expected.Wh.String(), math.NewIntFromUint64(device.IssuableWh(in.Metered)).String())
	})
}
