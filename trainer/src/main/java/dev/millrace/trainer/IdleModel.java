package dev.millrace.trainer;

import dev.millrace.registry.VersionRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A model this trainer holds that takes no memory to speak of: nothing has come of it that is not in its newest version,
 * from which it is opened when something does.
 *
 * @param model its name
 * @param partition of the ledger that its examples are in
 * @param newest its newest version; null when it has none
 * @param publishedOffset the first offset of the ledger that is in no version
 * @param watch what is known of the answers under its champion
 */
record IdleModel(
        String model,
        TopicPartition partition,
        @Nullable VersionRecord newest,
        long publishedOffset,
        ChampionWatch watch) {}
