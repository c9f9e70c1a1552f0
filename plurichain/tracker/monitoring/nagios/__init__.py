"""A snapshot as cron and Nagios take it: the verdicts of scripts/monitor-*."""
