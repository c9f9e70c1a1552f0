// Package ibc holds ibc-go to the vectors that the Python rules of IBC prove: if
// both pass, Python computes what the chain does.
package ibc

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	forwardtypes "github.com/cosmos/ibc-apps/middleware/packet-forward-middleware/v10/packetforward/types"
	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"
	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	channeltypesv2 "github.com/cosmos/ibc-go/v10/modules/core/04-channel/v2/types"
	host "github.com/cosmos/ibc-go/v10/modules/core/24-host"
	hostv2 "github.com/cosmos/ibc-go/v10/modules/core/24-host/v2"

	"github.com/plurichain/plurichain/localnet/internal/vectors"
)

// values are what a function takes or gives: texts and lists, by name.
type values map[string]json.RawMessage

func (v values) text(t *testing.T, name string) string {
	t.Helper()
	var text string
	if err := json.Unmarshal(v[name], &text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return text
}

func (v values) texts(t *testing.T, name string) []string {
	t.Helper()
	var texts []string
	if err := json.Unmarshal(v[name], &texts); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return texts
}

func (v values) rows(t *testing.T, name string) [][]string {
	t.Helper()
	var rows [][]string
	if err := json.Unmarshal(v[name], &rows); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows
}

func (v values) bytes(t *testing.T, name string) []byte {
	t.Helper()
	return decodeHex(t, v.text(t, name))
}

func decodeHex(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func parseUint(t *testing.T, text string) uint64 {
	t.Helper()
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func parseHeight(t *testing.T, text string) clienttypes.Height {
	t.Helper()
	height, err := clienttypes.ParseHeight(text)
	if err != nil {
		t.Fatal(err)
	}
	return height
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %s, want %s", what, got, want)
	}
}

func TestVectors(t *testing.T) {
	checks := map[string]func(*testing.T, values, values){
		"packet_commitment":             checkPacket,
		"packet_commitment_v2":          checkPacketV2,
		"acknowledgement_commitment":    checkAcknowledgement,
		"acknowledgement_commitment_v2": checkAcknowledgementV2,
		"store_key":                     checkKey,
		"denom":                         checkDenom,
		"received_denom":                checkReceivedDenom,
		"escrow_address":                checkEscrow,
		"revision":                      checkRevision,
		"transfer_data":                 checkTransfer,
		"forward_memo":                  checkForward,
	}
	vectors.Run(t, "ibc", func(t *testing.T, in, expected values) {
		check, known := checks[in.text(t, "function")]
		if !known {
			t.Fatalf("no function %s", in["function"])
		}
		check(t, in, expected)
	})
}

func checkPacket(t *testing.T, in, expected values) {
	packet := channeltypes.Packet{
		Data:             in.bytes(t, "data"),
		TimeoutHeight:    parseHeight(t, in.text(t, "timeout_height")),
		TimeoutTimestamp: parseUint(t, in.text(t, "timeout_timestamp_ns")),
	}
	equal(t, "hash", hex.EncodeToString(channeltypes.CommitPacket(packet)), expected.text(t, "hash"))
}

func checkPacketV2(t *testing.T, in, expected values) {
	packet := channeltypesv2.Packet{
		DestinationClient: in.text(t, "destination_client"),
		TimeoutTimestamp:  parseUint(t, in.text(t, "timeout_timestamp_s")),
	}
	for _, row := range in.rows(t, "payloads") {
		payload := channeltypesv2.NewPayload(row[0], row[1], row[2], row[3], []byte(row[4]))
		packet.Payloads = append(packet.Payloads, payload)
	}
	equal(t, "hash", hex.EncodeToString(channeltypesv2.CommitPacket(packet)), expected.text(t, "hash"))
}

func checkAcknowledgement(t *testing.T, in, expected values) {
	hash := channeltypes.CommitAcknowledgement(in.bytes(t, "acknowledgement"))
	equal(t, "hash", hex.EncodeToString(hash), expected.text(t, "hash"))
}

func checkAcknowledgementV2(t *testing.T, in, expected values) {
	var acknowledgement channeltypesv2.Acknowledgement
	for _, answer := range in.texts(t, "app_acknowledgements") {
		bytes := decodeHex(t, answer)
		acknowledgement.AppAcknowledgements = append(acknowledgement.AppAcknowledgements, bytes)
	}
	hash := channeltypesv2.CommitAcknowledgement(acknowledgement)
	equal(t, "hash", hex.EncodeToString(hash), expected.text(t, "hash"))
}

func checkKey(t *testing.T, in, expected values) {
	arguments := in.texts(t, "arguments")
	last := arguments[len(arguments)-1]
	sequence := func() uint64 { return parseUint(t, last) }
	var key []byte
	switch kind := in.text(t, "kind"); kind {
	case "packet_commitment":
		key = host.PacketCommitmentKey(arguments[0], arguments[1], sequence())
	case "packet_receipt":
		key = host.PacketReceiptKey(arguments[0], arguments[1], sequence())
	case "packet_acknowledgement":
		key = host.PacketAcknowledgementKey(arguments[0], arguments[1], sequence())
	case "next_sequence_recv":
		key = host.NextSequenceRecvKey(arguments[0], arguments[1])
	case "next_sequence_ack":
		key = host.NextSequenceAckKey(arguments[0], arguments[1])
	case "channel_end":
		key = host.ChannelKey(arguments[0], arguments[1])
	case "connection":
		key = host.ConnectionKey(arguments[0])
	case "client_state":
		key = host.FullClientStateKey(arguments[0])
	case "consensus_state":
		key = host.FullConsensusStateKey(arguments[0], parseHeight(t, last))
	case "packet_commitment_v2":
		key = hostv2.PacketCommitmentKey(arguments[0], sequence())
	case "packet_receipt_v2":
		key = hostv2.PacketReceiptKey(arguments[0], sequence())
	case "packet_acknowledgement_v2":
		key = hostv2.PacketAcknowledgementKey(arguments[0], sequence())
	default:
		t.Fatalf("no key %s", kind)
	}
	equal(t, "key", hex.EncodeToString(key), expected.text(t, "key"))
}

func checkDenom(t *testing.T, in, expected values) {
	denom := transfertypes.ExtractDenomFromPath(in.text(t, "path"))
	hops := expected.rows(t, "hops")
	if len(denom.Trace) != len(hops) {
		t.Fatalf("hops are %v, want %v", denom.Trace, hops)
	}
	for i, hop := range denom.Trace {
		equal(t, "hop", hop.PortId+"/"+hop.ChannelId, hops[i][0]+"/"+hops[i][1])
	}
	equal(t, "base", denom.Base, expected.text(t, "base"))
	equal(t, "denom", denom.IBCDenom(), expected.text(t, "denom"))
}

// checkReceivedDenom does what the transfer keeper does with a denom on receipt.
func checkReceivedDenom(t *testing.T, in, expected values) {
	denom := transfertypes.ExtractDenomFromPath(in.text(t, "path"))
	source, destination := in.texts(t, "source"), in.texts(t, "destination")
	if denom.HasPrefix(source[0], source[1]) {
		denom.Trace = denom.Trace[1:]
	} else {
		hop := transfertypes.NewHop(destination[0], destination[1])
		denom.Trace = append([]transfertypes.Hop{hop}, denom.Trace...)
	}
	equal(t, "path", denom.Path(), expected.text(t, "path"))
}

func checkEscrow(t *testing.T, in, expected values) {
	address := transfertypes.GetEscrowAddress(in.text(t, "port"), in.text(t, "channel"))
	equal(t, "address", hex.EncodeToString(address), expected.text(t, "address"))
}

func checkRevision(t *testing.T, in, expected values) {
	revision := clienttypes.ParseChainID(in.text(t, "chain_id"))
	equal(t, "revision", strconv.FormatUint(revision, 10), expected.text(t, "revision"))
}

func checkTransfer(t *testing.T, in, expected values) {
	data := transfertypes.NewFungibleTokenPacketData(
		in.text(t, "denom"), in.text(t, "amount"), in.text(t, "sender"), in.text(t, "receiver"), in.text(t, "memo"),
	)
	equal(t, "data", hex.EncodeToString(data.GetBytes()), expected.text(t, "data"))
}

// checkForward reads the memo as the middleware of each chain on the way does.
func checkForward(t *testing.T, in, expected values) {
	memo := expected.text(t, "memo")
	for _, hop := range in.rows(t, "hops") {
		var content forwardtypes.PacketMetadata
		if err := json.Unmarshal([]byte(memo), &content); err != nil {
			t.Fatalf("%s: %v", memo, err)
		}
		forward := content.Forward
		if err := forward.Validate(); err != nil {
			t.Fatalf("%s: %v", memo, err)
		}
		equal(t, "end", forward.Port+"/"+forward.Channel, hop[0]+"/"+hop[1])
		equal(t, "receiver", forward.Receiver, hop[2])
		equal(t, "timeout", strconv.FormatInt(time.Duration(forward.Timeout).Nanoseconds(), 10), in.text(t, "timeout_ns"))
		equal(t, "retries", strconv.Itoa(int(*forward.Retries)), in.text(t, "retries"))
		memo = ""
		if forward.Next != nil {
			next, err := json.Marshal(forward.Next)
			if err != nil {
				t.Fatalf("%s: %v", memo, err)
			}
			memo = string(next)
		}
	}
	equal(t, "last memo", memo, in.text(t, "memo"))
}

func TestUniversalErrorAcknowledgement(t *testing.T) {
	want := sha256.Sum256([]byte("UNIVERSAL_ERROR_ACKNOWLEDGEMENT"))
	equal(t, "answer", hex.EncodeToString(channeltypesv2.ErrorAcknowledgement[:]), hex.EncodeToString(want[:]))
}
