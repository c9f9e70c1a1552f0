"""Whether chains, clients, wallets and the tracker itself are as relaying needs them."""
