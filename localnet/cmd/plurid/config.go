package main

import (
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/plurichain/plurichain/localnet/app"
)

// appConfig returns the template and the values of a fresh app.toml. A new
// node asks no fee, so that a localnet runs without anybody thinking of fees;
// an operator who wants them raises this one line.
func appConfig() (string, any) {
	config := serverconfig.DefaultConfig()
	config.MinGasPrices = "0" + app.BondDenom
	config.API.Enable = true
	config.GRPC.Enable = true
	return serverconfig.DefaultConfigTemplate, config
}
