package dev.millrace.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inputs and labels that come by themselves: which become examples, which do not, and what is told of those. */
class LateLabelsTest {

    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    private static final Instant START = NOW.minus(Duration.ofDays(20));
    private static final Duration WINDOW = Duration.ofDays(3);

    private final CountingObserver observer = new CountingObserver();

    @TempDir
    private Path folder = Path.of("");

    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> examples;
    private TestInputTopic<byte[], byte[]> inputs;
    private TestInputTopic<byte[], byte[]> labels;
    private TestOutputTopic<byte[], byte[]> training;
    private TestOutputTopic<byte[], byte[]> rejected;
    private TestOutputTopic<byte[], byte[]> unpaired;

    @BeforeEach
    void open() {
        use(Corrections.IGNORE);
    }

    private void reopen(Corrections corrections, String... models) {
        driver.close();
        use(corrections, models);
    }

    private void use(Corrections corrections, String... models) {
        IngestSettings settings = IngestSettings.of(
                        "unused:1",
                        folder,
                        new LinkedHashSet<>(models.length == 0 ? List.of("support") : List.of(models)))
                .with(new IngestSettings.Joining("inputs", "labels", "examples-unpaired", WINDOW, corrections));
        driver = new TopologyTestDriver(
                ExampleTopology.build(
                        settings,
                        (model, text) -> !text.equals("TOKENLESS"),
                        observer,
                        Admission.ALL,
                        Clock.fixed(NOW, ZoneOffset.UTC)),
                StreamsProperties.of(settings),
                START);
        examples = input("examples");
        inputs = input("inputs");
        labels = input("labels");
        training = output("training-examples");
        rejected = output("examples-rejected");
        unpaired = output("examples-unpaired");
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void aLabelMeetsItsInputInWhateverOrder() {
        input("a", "first text", START);
        label("b", "second label", START.plusSeconds(1));
        assertThat(training.isEmpty()).isTrue();
        label("a", "first label", START.plus(Duration.ofDays(2)));
        input("b", "second text", START.plus(Duration.ofDays(2)).plusSeconds(5));

        List<TestRecord<byte[], byte[]>> out = training.readRecordsToList();
        assertThat(out).extracting(record -> text(record.key())).containsExactly("support", "support");
        assertThat(out)
                .extracting(record -> shown(record.value()))
                .containsExactly("a: first text = first label", "b: second text = second label");
        assertThat(out)
                .extracting(TestRecord::getRecordTime)
                .containsExactly(
                        START.plus(Duration.ofDays(2)),
                        START.plus(Duration.ofDays(2)).plusSeconds(5));
        assertThat(observer.paired).hasValue(2);
        assertThat(observer.accepted).hasValue(2);
        assertThat(rejected.isEmpty()).isTrue();
        assertThat(unpaired.isEmpty()).isTrue();
    }

    @Test
    void takesWhatEachHalfSaysBestOfTheExample() {
        send(inputs, "{'id':'a','text':'t','time':'2026-11-05T00:00:00Z','source':'crm'}", NOW);
        send(labels, "{'id':'a','label':'l','time':'2026-11-06T00:00:00Z','source':'reviewer','weight':2.5}", NOW);
        send(inputs, "{'id':'b','text':'t','time':'2026-11-09T00:00:00Z','source':'crm'}", NOW);
        send(labels, "{'id':'b','label':'l','time':'2026-11-06T00:00:00Z'}", NOW);

        List<LabelledExample> made =
                training.readValuesToList().stream().map(ExampleJson::read).toList();
        assertThat(made.get(0))
                .isEqualTo(new LabelledExample(
                        "a", "support", "t", "l", Instant.parse("2026-11-06T00:00:00Z"), "reviewer", 2.5));
        assertThat(made.get(1))
                .isEqualTo(
                        new LabelledExample("b", "support", "t", "l", Instant.parse("2026-11-09T00:00:00Z"), "crm", 1));
    }

    @Test
    void joinsWhatCloudEventsSayInTheirHeaders() {
        RecordHeaders ids = new RecordHeaders();
        ids.add("ce_id", bytes("a"));
        ids.add("ce_source", bytes("crm"));
        inputs.pipeInput(new TestRecord<>(null, bytes("{\"text\":\"t\"}"), ids, START));
        labels.pipeInput(new TestRecord<>(null, bytes("{\"label\":\"l\"}"), ids, START));

        LabelledExample made = ExampleJson.read(training.readValue());
        assertThat(made.id()).isEqualTo("a");
        assertThat(made.source()).isEqualTo("crm");
        assertThat(training.isEmpty()).isTrue();
    }

    @Test
    void anInputWithoutAnIdIsKnownByWhereItLies() {
        send(inputs, "{'text':'where is my card?'}", START);
        label("inputs-0-0", "card_arrival", START);
        assertThat(learned()).containsExactly("inputs-0-0: where is my card? = card_arrival");
    }

    @Test
    void halvesMeetWithinOneModelOnly() {
        reopen(Corrections.IGNORE, "support", "sales");
        send(inputs, "{'id':'a','model':'support','text':'t'}", START);
        send(labels, "{'id':'a','model':'sales','label':'l'}", START);
        assertThat(training.isEmpty()).isTrue();
        send(labels, "{'id':'a','model':'support','label':'m'}", START);
        assertThat(learned()).containsExactly("a: t = m");
    }

    @Test
    void givesUpWhatNeverMetAndKeepsItAsItCame() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", bytes("x"));
        headers.add(DeadLetter.REASON, bytes("forged"));
        inputs.pipeInput(new TestRecord<>(bytes("key"), json("{'id':'a','text':'t'}"), headers, START));
        label("b", "l", START.plusSeconds(1));
        input("tick", "t", START.plus(WINDOW).plus(Duration.ofHours(1)));

        TestRecord<byte[], byte[]> input = unpaired.readRecord();
        assertThat(text(input.key())).isEqualTo("key");
        assertThat(input.value()).isEqualTo(json("{'id':'a','text':'t'}"));
        assertThat(text(input.headers().lastHeader("trace").value())).isEqualTo("x");
        assertThat(last(input.headers(), DeadLetter.REASON)).isEqualTo("no_label_came");
        assertThat(last(input.headers(), DeadLetter.DETAIL)).contains("PT72H");
        assertThat(last(input.headers(), DeadLetter.TOPIC)).isEqualTo("inputs");
        assertThat(last(input.headers(), DeadLetter.PARTITION)).isEqualTo("0");
        assertThat(last(input.headers(), DeadLetter.OFFSET)).isEqualTo("0");
        assertThat(last(input.headers(), DeadLetter.TIMESTAMP)).isEqualTo(Long.toString(START.toEpochMilli()));
        assertThat(input.getRecordTime()).isEqualTo(START.plus(WINDOW).plus(Duration.ofHours(1)));
        TestRecord<byte[], byte[]> label = unpaired.readRecord();
        assertThat(last(label.headers(), DeadLetter.REASON)).isEqualTo("no_input_came");
        assertThat(last(label.headers(), DeadLetter.TOPIC)).isEqualTo("labels");
        assertThat(unpaired.isEmpty()).isTrue();
        assertThat(rejected.isEmpty()).isTrue();
        assertThat(observer.unpaired()).isEqualTo(Map.of("input", 1, "label", 1));
        assertThat(storedPairs()).isOne();
    }

    @Test
    void theWindowEndsToTheMillisecond() {
        input("a", "in time", START);
        input("b", "too late", START);
        label("a", "l", START.plus(WINDOW));
        label("b", "l", START.plus(WINDOW).plusMillis(1));

        assertThat(learned()).containsExactly("a: in time = l");
        assertThat(unpaired.readRecordsToList())
                .extracting(record -> last(record.headers(), DeadLetter.REASON))
                .containsExactly("no_label_came");
        input("b", "once more", START.plus(WINDOW).plusMillis(2));
        assertThat(learned()).as("the late label waits in its turn").containsExactly("b: once more = l");
    }

    @Test
    void oldRecordsWaitForTheWholeWindowToo() {
        input("new", "t", NOW);
        input("old", "from long ago", Instant.EPOCH);
        label("old", "l", Instant.EPOCH.plusSeconds(1));
        assertThat(learned()).containsExactly("old: from long ago = l");
        assertThat(unpaired.isEmpty()).isTrue();
    }

    @Test
    void whatHasMetIsForgottenInSilence() {
        reopen(Corrections.TRAIN_AGAIN);
        input("a", "t", START);
        label("a", "l", START);
        input("tick", "t", START.plus(WINDOW).plus(Duration.ofHours(1)));
        assertThat(unpaired.isEmpty()).isTrue();
        assertThat(observer.unpaired()).isEmpty();
        assertThat(storedPairs()).isOne();
    }

    @Test
    void ofTheSameHalfTheFirstCounts() {
        reopen(Corrections.TRAIN_AGAIN);
        input("a", "t", START);
        input("a", "another", START);
        label("a", "l", START);
        label("a", "l", START.plusSeconds(1));
        input("a", "another", START.plusSeconds(1));
        assertThat(learned()).containsExactly("a: t = l");
        assertThat(observer.duplicates).hasValue(3);
        assertThat(observer.corrected()).isEmpty();
    }

    @Test
    void anotherLabelIsIgnoredWhereSettingsSaySo() {
        input("a", "t", START);
        label("a", "first", START);
        label("a", "second", START.plusSeconds(1));
        label("b", "first", START);
        label("b", "second", START.plusSeconds(1));
        input("b", "t", START.plusSeconds(2));
        assertThat(learned()).containsExactly("a: t = first", "b: t = first");
        assertThat(observer.corrected()).isEqualTo(Map.of(false, 2));
    }

    @Test
    void anotherLabelIsTrainedOnWhereSettingsSaySo() {
        reopen(Corrections.TRAIN_AGAIN);
        input("a", "t", START);
        label("a", "first", START);
        label("a", "second", START.plusSeconds(10));
        label("a", "older", START.plusSeconds(5));
        label("a", "first", START.plusSeconds(20));
        assertThat(learned()).containsExactly("a: t = first", "a#2: t = second", "a#3: t = first");
        assertThat(observer.corrected()).isEqualTo(Map.of(true, 2, false, 1));
        assertThat(observer.paired).hasValue(1);
    }

    @Test
    void anotherLabelSaysWhatItReplacesWhereSettingsSaySo() {
        reopen(Corrections.REPLACE);
        input("a", "t", START);
        label("a", "first", START);
        label("a", "second", START.plusSeconds(10));
        label("a", "older", START.plusSeconds(5));
        label("a", "third", START.plusSeconds(20));
        label("b", "first", START);
        label("b", "second", START.plusSeconds(1));
        input("b", "t", START.plusSeconds(2));
        assertThat(training.readValuesToList().stream().map(ExampleJson::read))
                .extracting(LabelledExample::id, LabelledExample::label, LabelledExample::replaces)
                .containsExactly(
                        tuple("a", "first", null),
                        tuple("a#2", "second", "first"),
                        tuple("a#3", "third", "second"),
                        tuple("b", "second", null));
    }

    @Test
    void anotherLabelTakesThePlaceOfOneThatWasNotTrainedOn() {
        reopen(Corrections.TRAIN_AGAIN);
        label("a", "first", START);
        label("a", "second", START.plusSeconds(1));
        input("a", "t", START.plusSeconds(2));
        assertThat(learned()).containsExactly("a: t = second");
        assertThat(observer.corrected()).isEqualTo(Map.of(true, 1));
    }

    @Test
    void refusesHalvesThatBreakTheContract() {
        inputs.pipeInput(new TestRecord<>(null, null, START));
        send(inputs, "{'id':'a'}", START);
        send(inputs, "{'id':'a','text':'TOKENLESS'}", START);
        send(inputs, "{'id':'a','text':'t','model':'none'}", START);
        send(labels, "{'id':'a'}", START);
        send(labels, "{'label':'l'}", START);
        send(labels, "{'id':'a','label':'l','weight':0}", START);
        labels.pipeInput(new TestRecord<>(null, bytes("no json"), START));

        List<TestRecord<byte[], byte[]>> dead = rejected.readRecordsToList();
        assertThat(dead)
                .extracting(record -> last(record.headers(), DeadLetter.REASON))
                .containsExactly(
                        "null_value",
                        "text_missing",
                        "text_without_tokens",
                        "model_unknown",
                        "label_missing",
                        "id_invalid",
                        "weight_invalid",
                        "not_json");
        assertThat(dead)
                .extracting(record -> last(record.headers(), DeadLetter.TOPIC))
                .containsExactly("inputs", "inputs", "inputs", "inputs", "labels", "labels", "labels", "labels");
        assertThat(observer.rejected().values()).hasSize(8).allMatch(count -> count == 1);
        assertThat(training.isEmpty()).isTrue();
        assertThat(storedPairs()).isZero();
    }

    @Test
    void onePairAndOneExampleOfAnIdAreOne() {
        send(examples, "{'id':'a','text':'whole','label':'l'}", START);
        input("a", "t", START);
        label("a", "l", START);
        assertThat(learned()).containsExactly("a: whole = l");
        assertThat(observer.duplicates).hasValue(1);
    }

    /** How many ids are remembered, by either store. */
    private long storedPairs() {
        long pairs = count("pairs");
        assertThat(count("pair-beginnings")).isEqualTo(pairs);
        return pairs;
    }

    private long count(String store) {
        long count = 0;
        try (KeyValueIterator<Bytes, byte[]> all =
                driver.<Bytes, byte[]>getKeyValueStore(store).all()) {
            for (; all.hasNext(); all.next()) {
                count++;
            }
        }
        return count;
    }

    private void input(String id, String text, Instant timestamp) {
        send(inputs, "{'id':'" + id + "','text':'" + text + "'}", timestamp);
    }

    private void label(String id, String label, Instant timestamp) {
        send(labels, "{'id':'" + id + "','label':'" + label + "'}", timestamp);
    }

    private static void send(TestInputTopic<byte[], byte[]> topic, String json, Instant timestamp) {
        topic.pipeInput(new TestRecord<>(null, json(json), timestamp));
    }

    private List<String> learned() {
        return training.readValuesToList().stream().map(LateLabelsTest::shown).toList();
    }

    private static String shown(byte[] value) {
        LabelledExample example = ExampleJson.read(value);
        return example.id() + ": " + example.text() + " = " + example.label();
    }

    private TestInputTopic<byte[], byte[]> input(String topic) {
        return driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private TestOutputTopic<byte[], byte[]> output(String topic) {
        return driver.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static String last(Headers headers, String name) {
        return text(headers.lastHeader(name).value());
    }

    private static byte[] json(String singleQuoted) {
        return bytes(singleQuoted.replace('\'', '"'));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}
