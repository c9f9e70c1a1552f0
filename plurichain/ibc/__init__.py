"""The rules of IBC: packets, channels, connections, clients, vouchers; bytes and tables only."""
