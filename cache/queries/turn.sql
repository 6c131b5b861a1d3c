-- Takes the lock of those that load everything, until the end of the transaction, if nobody has it. The first number is
-- what advisory locks of gateways have in common.
select pg_try_advisory_xact_lock(1414679372, $1::int4) as taken
