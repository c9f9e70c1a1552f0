"""The packet tracker: what became of every packet, from the blocks of all chains it is told.

It reads, keeps and answers; it signs and sends nothing. What was not read is unknown, and
unknown is never shown as zero.
"""
