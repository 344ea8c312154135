-- Whether a write would be taken: a standby, and a server told to be read-only, refuse.
SELECT current_setting('transaction_read_only') = 'off'
