package auction

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
)

const protoPackage = "plurichain.auction.v1"

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

var queryCommands = []*autocliv1.RpcCommandOptions{
	{
		RpcMethod: "Params",
		Use:       "params",
		Short:     "Show the limits of the module",
	},
	{
		RpcMethod:      "Auction",
		Use:            "auction [auction-id]",
		Alias:          []string{"show"},
		Short:          "Show an auction",
		Example:        "plurid query auction auction 1",
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod: "Auctions",
		Use:       "auctions",
		Alias:     []string{"list"},
		Short:     "List auctions, all or of one phase or creator or both",
		Example:   "plurid query auction auctions --phase phase-committing --creator pluri1...",
		FlagOptions: map[string]*autocliv1.FlagOptions{
			"phase":   {Usage: "only auctions in this phase"},
			"creator": {Usage: "only auctions of this account"},
		},
	},
	{
		RpcMethod:      "Terms",
		Use:            "terms [auction-id]",
		Short:          "Show the terms of an auction, their canonical bytes and their hash",
		Example:        "plurid query auction terms 1",
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod:      "Commitment",
		Use:            "commitment [auction-id] [bidder]",
		Short:          "Show the sealed bid of one bidder",
		Example:        "plurid query auction commitment 1 pluri1...",
		PositionalArgs: positional("auction_id", "bidder"),
	},
	{
		RpcMethod:      "Commitments",
		Use:            "commitments [auction-id]",
		Short:          "List the sealed bids of an auction",
		Example:        "plurid query auction commitments 1",
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod:      "Reveal",
		Use:            "reveal [auction-id] [bidder]",
		Short:          "Show the opening of one bidder",
		Example:        "plurid query auction reveal 1 pluri1...",
		PositionalArgs: positional("auction_id", "bidder"),
	},
	{
		RpcMethod:      "Reveals",
		Use:            "reveals [auction-id]",
		Short:          "List the openings of an auction",
		Example:        "plurid query auction reveals 1",
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod:      "Result",
		Use:            "result [auction-id]",
		Short:          "Show what an auction came to",
		Example:        "plurid query auction result 1",
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod: "ParkedPayouts",
		Use:       "parked-payouts",
		Alias:     []string{"parked"},
		Short:     "List payouts that the bank refused and that wait for their owners",
		Example:   "plurid query auction parked-payouts --owner pluri1...",
		FlagOptions: map[string]*autocliv1.FlagOptions{
			"owner": {Usage: "only payouts of this account"},
		},
	},
	{
		RpcMethod: "Invariants",
		Use:       "invariants",
		Short:     "Run every invariant of the module: what it holds against what it owes, counts, indexes, queue",
	},
}

var txCommands = []*autocliv1.RpcCommandOptions{
	{
		RpcMethod: "CreateAuction",
		Use:       "create [terms.json]",
		Short:     "Open an auction and escrow the creator's whole side",
		Long: "Open an auction and escrow the creator's whole side: the lot of a forward auction, quantity x cap of a\n" +
			"reverse one. The terms are JSON, in a file whose name ends in .json or as the argument itself.",
		Example: `plurid tx auction create '{"side":"SIDE_REVERSE","payment_rule":"PAYMENT_RULE_VCG","quantity":"100000",` +
			`"lot_denom":"watthour","payment_denom":"ueur","reserve_price":"400","commit_window":"60s","reveal_window":"60s"}' --from town`,
		PositionalArgs: positional("terms"),
	},
	{
		RpcMethod:      "CancelAuction",
		Use:            "cancel [auction-id]",
		Short:          "Withdraw an auction that nobody has committed to",
		Example:        "plurid tx auction cancel 1 --from town",
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod: "CommitBid",
		Use:       "commit [auction-id] [bid-commitment] [attempt]",
		Short:     "Store a sealed bid and pay the deposit; again with a greater attempt replaces it",
		Long: "Store a sealed bid, 32 bytes in hex, and pay the deposit. Again with a greater attempt replaces the bid\n" +
			"and pays nothing. Keep the opening: without it the deposit is lost. `plurichain bid commit` keeps it for you.",
		Example:        "plurid tx auction commit 1 6f1d...c2 1 --from plant",
		PositionalArgs: positional("auction_id", "bid_commitment", "attempt"),
	},
	{
		RpcMethod:      "RevealBid",
		Use:            "reveal [auction-id] [bidder] [bid-bytes] [salt]",
		Short:          "Open a sealed bid, one's own or another bidder's, with bytes in hex",
		Example:        "plurid tx auction reveal 1 pluri1... 010102... 9ab3...41 --from plant",
		PositionalArgs: positional("auction_id", "bidder", "bid_bytes", "salt"),
	},
	{
		RpcMethod: "ClaimPayout",
		Use:       "claim [auction-id]",
		Short:     "Collect a payout that the bank refused, for oneself or for another account",
		Example:   "plurid tx auction claim 1 --recipient pluri1... --from plant",
		FlagOptions: map[string]*autocliv1.FlagOptions{
			"recipient": {Usage: "the account that gets the coins, the owner if absent"},
		},
		PositionalArgs: positional("auction_id"),
	},
	{
		RpcMethod:      "ConfirmDelivery",
		Use:            "confirm [auction-id] [bidder]",
		Short:          "Return a winner's deposit in award mode",
		Example:        "plurid tx auction confirm 1 pluri1... --from town",
		PositionalArgs: positional("auction_id", "bidder"),
	},
	{
		RpcMethod:      "ForfeitDeposit",
		Use:            "forfeit [auction-id] [bidder]",
		Short:          "Send a winner's deposit in award mode to the community pool",
		Example:        "plurid tx auction forfeit 1 pluri1... --from town",
		PositionalArgs: positional("auction_id", "bidder"),
	},
	{
		RpcMethod:      "UpdateParams",
		Use:            "update-params [params.json]",
		Short:          "Propose other limits of the module; all of them must be given",
		Example:        "plurid tx auction update-params params.json --from proposer",
		PositionalArgs: positional("params"),
		GovProposal:    true,
	},
}
