package dev.millrace.trainer;

import dev.millrace.registry.VersionRecord;
import java.time.Duration;
import java.util.List;

/**
 * A version whose files are durable and whose record is not published yet.
 *
 * @param record of the version
 * @param deadLetters examples that it could not learn
 * @param writing how long the files took
 * @param judgement what the gate said of it
 */
record WrittenVersion(
        VersionRecord record, List<LedgerEntry.Example> deadLetters, Duration writing, Gate.Judgement judgement) {}
