package energy

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
)

const protoPackage = "plurichain.energy.v1"

// AutoCLIOptions makes every query and message a command of the chain's binary.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{Service: protoPackage + ".Query", RpcCommandOptions: queryCommands},
		Tx:    &autocliv1.ServiceCommandDescriptor{Service: protoPackage + ".Msg", RpcCommandOptions: txCommands},
	}
}

func positional(fields ...string) []*autocliv1.PositionalArgDescriptor {
	descriptors := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		descriptors[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return descriptors
}

// repeated are positional arguments of which the last may be given several times.
func repeated(fields ...string) []*autocliv1.PositionalArgDescriptor {
	descriptors := positional(fields...)
	descriptors[len(descriptors)-1].Varargs = true
	return descriptors
}

var queryCommands = []*autocliv1.RpcCommandOptions{
	{
		RpcMethod: "Params",
		Use:       "params",
		Short:     "Show the limits of the module",
	},
	{
		RpcMethod: "IssuingBodies",
		Use:       "issuing-bodies",
		Alias:     []string{"bodies"},
		Short:     "List the issuing bodies",
	},
	{
		RpcMethod:      "Device",
		Use:            "device [device-id]",
		Short:          "Show a device",
		Example:        "plurid query energy device roof-1",
		PositionalArgs: positional("device_id"),
	},
	{
		RpcMethod: "Devices",
		Use:       "devices",
		Short:     "List devices, all or of one owner",
		Example:   "plurid query energy devices --owner pluri1...",
		FlagOptions: map[string]*autocliv1.FlagOptions{
			"owner": {Usage: "only devices of this account"},
		},
	},
	{
		RpcMethod:      "Reading",
		Use:            "reading [device-id] [interval-start]",
		Short:          "Show one interval of a device; its start is in Unix seconds",
		Example:        "plurid query energy reading roof-1 1772366400",
		PositionalArgs: positional("device_id", "interval_start"),
	},
	{
		RpcMethod:      "Readings",
		Use:            "readings [device-id]",
		Short:          "List the intervals of a device",
		Example:        "plurid query energy readings roof-1",
		PositionalArgs: positional("device_id"),
	},
	{
		RpcMethod:      "Credit",
		Use:            "credit [denom]",
		Short:          "Show a credit of this chain, how much of it there is and how much was retired",
		Example:        "plurid query energy credit wh.20260301T1200.6f1d...c2",
		PositionalArgs: positional("denom"),
	},
	{
		RpcMethod: "Credits",
		Use:       "credits",
		Short:     "List the credits of this chain, all or of one device",
		Example:   "plurid query energy credits --device-id roof-1",
		FlagOptions: map[string]*autocliv1.FlagOptions{
			"device_id": {Usage: "only credits of this device"},
		},
	},
	{
		RpcMethod:      "Origin",
		Use:            "origin [denom]",
		Short:          "Show where a denom comes from, and whether that is verified",
		Example:        "plurid query energy origin ibc/27394FB0...",
		PositionalArgs: positional("denom"),
	},
	{
		RpcMethod:      "Retirement",
		Use:            "retirement [retirement-id]",
		Short:          "Show one act of retiring",
		Example:        "plurid query energy retirement 1",
		PositionalArgs: positional("retirement_id"),
	},
	{
		RpcMethod: "Retirements",
		Use:       "retirements",
		Short:     "List what was retired, all or of one owner or denom or both",
		Example:   "plurid query energy retirements --owner pluri1...",
		FlagOptions: map[string]*autocliv1.FlagOptions{
			"owner": {Usage: "only what this account retired"},
			"denom": {Usage: "only this denom of the bank"},
		},
	},
	{
		RpcMethod: "RetiredTotals",
		Use:       "retired-totals",
		Short:     "List how much of each denom was retired here",
	},
	{
		RpcMethod: "Paths",
		Use:       "paths",
		Short:     "List the registered paths and the chains they lead to",
	},
	{
		RpcMethod: "Invariants",
		Use:       "invariants",
		Short:     "Run every invariant of the module: readings, credits against supply, retirements, storage, indexes",
	},
}

var txCommands = []*autocliv1.RpcCommandOptions{
	{
		RpcMethod:      "SetIssuingBody",
		Use:            "set-issuing-body [issuing-body.json]",
		Short:          "Add an issuing body or change it; for the authority and its registrar",
		Example:        `plurid tx energy set-issuing-body '{"id":"registry","name":"Registry","address":"pluri1...","active":true}' --from registrar`,
		PositionalArgs: positional("issuing_body"),
	},
	{
		RpcMethod: "RegisterDevice",
		Use:       "register-device [device-id] [proof]",
		Short:     "Register a device; the proof is its key's signature over the registration, in hex",
		Long: "Register a device, which its issuing body then approves. The proof is the device key's signature over the\n" +
			"registration, in hex; `plurichain energy device register` makes it.",
		Example: "plurid tx energy register-device roof-1 30c1...9f --key-type key-type-ed25519 --public-key 5b2a...e0 " +
			"--technology solar_pv --capacity-w 5000 --zone DE-LU --latitude-udeg 50900000 --longitude-udeg 6900000 " +
			"--issuing-body registry --from plant",
		PositionalArgs: positional("device_id", "proof"),
	},
	{
		RpcMethod:      "SetDeviceStatus",
		Use:            "set-device-status [device-id] [status]",
		Short:          "Approve a device, suspend it, or let it go on; for its issuing body",
		Example:        "plurid tx energy set-device-status roof-1 device-status-active --from registry",
		PositionalArgs: positional("device_id", "status"),
	},
	{
		RpcMethod: "SubmitReadings",
		Use:       "submit-readings [device-id] [reading.json]...",
		Short:     "Submit signed readings of a device, in ascending order; all of them are taken or none",
		Example: `plurid tx energy submit-readings roof-1 '{"interval_start":"1772366400","interval_end":"1772367300",` +
			`"counter_start_wh":"1000","counter_end_wh":"1250","signature":"..."}' --from plant`,
		PositionalArgs: repeated("device_id", "readings"),
	},
	{
		RpcMethod:      "IssueCredits",
		Use:            "issue [device-id] [interval-start]...",
		Short:          "Mint the credits of metered intervals to the device's owner; for its issuing body",
		Example:        "plurid tx energy issue roof-1 1772366400 1772367300 --from registry",
		PositionalArgs: repeated("device_id", "interval_starts"),
	},
	{
		RpcMethod:      "ChargeStorage",
		Use:            "charge [device-id] [coin]...",
		Short:          "Burn credits for what a storage device took in",
		Example:        "plurid tx energy charge battery-1 500wh.20260301T1200.6f1d...c2 --from plant",
		PositionalArgs: repeated("device_id", "credits"),
	},
	{
		RpcMethod:      "RecordAttributes",
		Use:            "record-attributes [attributes.json]...",
		Short:          "Record the attributes of credits of other chains, which prove themselves by their hash",
		Example:        "plurid tx energy record-attributes attributes.json --from anybody",
		PositionalArgs: repeated("attributes"),
	},
	{
		RpcMethod: "RetireCredits",
		Use:       "retire [coin] [beneficiary] [purpose]",
		Short:     "Burn credits for good, in the name of a beneficiary",
		Long: "Burn credits for good, in the name of a beneficiary. The attributes of a voucher must be recorded here, or be\n" +
			"given, and its path must be registered.",
		Example: "plurid tx energy retire 250wh.20260301T1200.6f1d...c2 'Town hall' retirement-purpose-consumption " +
			"--reason 'March' --from plant",
		PositionalArgs: positional("coin", "beneficiary", "purpose"),
	},
	{
		RpcMethod:      "RegisterPath",
		Use:            "register-path [path.json]",
		Short:          "Say which chain a path leads to; for the authority and its registrar",
		Example:        `plurid tx energy register-path '{"path":"transfer/channel-0","origin_chain":"grid-a-1"}' --from registrar`,
		PositionalArgs: positional("path"),
	},
	{
		RpcMethod:      "RemovePath",
		Use:            "remove-path [path]",
		Short:          "Take the registration of a path back; for the authority and its registrar",
		Example:        "plurid tx energy remove-path transfer/channel-0 --from registrar",
		PositionalArgs: positional("path"),
	},
	{
		RpcMethod:      "UpdateParams",
		Use:            "update-params [params.json]",
		Short:          "Propose other limits of the module; all of them must be given",
		Example:        "plurid tx energy update-params params.json --from proposer",
		PositionalArgs: positional("params"),
		GovProposal:    true,
	},
}
