package dev.millrace.trainer;

import dev.millrace.registry.VersionRecord;
import java.time.Duration;

/** A version whose files are durable and whose record is not published yet. */
record WrittenVersion(VersionRecord record, Duration writing) {}
