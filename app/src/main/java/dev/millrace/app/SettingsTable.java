package dev.millrace.app;

import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LIST;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.SHORT;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import dev.millrace.model.Compute;
import dev.millrace.trainer.GateRules;
import dev.millrace.trainer.Recipe;
import dev.millrace.trainer.RecipeSetting;
import dev.millrace.trainer.RollbackRules;
import java.time.Duration;
import org.apache.kafka.common.config.ConfigDef;

/** The table of all settings: one row each, from which parsing, checks and the reference page are made. */
final class SettingsTable {

    /** What the keys of the trainer start with, those of the recipe among them. */
    static final String TRAINER = "trainer.";

    /** Keys that start with this are handed to every Kafka client as they are, without the prefix. */
    static final String KAFKA_CLIENT = "kafka.client.";

    static final String KAFKA_CLIENT_TEXT =
            "Any setting of Kafka's own clients, such as `kafka.client.security.protocol`, "
                    + "`kafka.client.sasl.jaas.config` or `kafka.client.ssl.truststore.location`; "
                    + "all clients get it, without the prefix.";

    private static final int ANY_INT = Integer.MAX_VALUE;
    private static final long ANY_LONG = Long.MAX_VALUE;

    private SettingsTable() {}

    /**
     * The rows, in the order of the reference page.
     *
     * @return a definition of its own
     */
    static ConfigDef definition() {
        ConfigDef table = new ConfigDef();
        general(new Group(table, "General"));
        kafka(new Group(table, "Kafka"));
        topics(new Group(table, "Topics"));
        IngestRows.add(new Group(table, "Ingest"));
        trainerBatches(new Group(table, "Trainer"));
        trainerRecipe(new Group(table, JobKey.GROUP));
        gate(new Group(table, "Gate"));
        rollback(new Group(table, "Automatic rollback"));
        serving(new Group(table, "Registry and serving"));
        return table;
    }

    private static void general(Group group) {
        group.row(
                "models",
                LIST,
                "default",
                Rule.models(),
                "The models to train, one key of the ledger each. An example that names no model is for the only one.");
        group.row(
                "data-directory",
                STRING,
                "millrace-data",
                Rule.notEmpty(),
                "The folder for everything kept on disk: artifacts, state stores, logs, the embedded broker. Relative to where the command is started.");
        group.row(
                "topic-prefix",
                STRING,
                "",
                Rule.topicPrefix(),
                "Put before the name of every topic, so that several Millraces can share a cluster.");
        group.row(
                "instance-id",
                STRING,
                "",
                Rule.instance(),
                "A name of this process that is the same after a restart and that no other process of the cluster has, such as a host's or a pod's. A process that was killed then goes on as soon as it is started again; without one it first waits until Kafka has missed its predecessor, for `trainer.session-timeout`. Of two processes with one name the older stops.");
        group.row(
                "memory-ceiling-bytes",
                LONG,
                "0",
                Rule.whole(0, Long.MAX_VALUE),
                "The most resident memory that `millrace run` may take, Java's and libtorch's together. Above it, it publishes what it has learned and ends with exit code 1, so that a supervisor starts it again, where the system would have killed it in the middle of something. 0 sets none; so it is where the system does not tell (outside Linux).");
        LogSettings.addRows(group);
    }

    private static void kafka(Group group) {
        group.row("kafka.bootstrap-servers", LIST, "localhost:9092", Rule.servers(), "Where to find the cluster.");
        group.row(
                "kafka.replication-factor",
                SHORT,
                "1",
                Rule.replication(),
                "Replicas of the topics that Millrace creates. Use 3 on a real cluster, or -1 for the broker's default.");
        group.row(
                "kafka.partitions",
                INT,
                "6",
                Rule.whole(1, 10_000),
                "Partitions of the topics that Millrace creates. One model lives in one partition; more than models brings nothing.");
    }

    private static void topics(Group group) {
        group.row("topics.examples", STRING, "examples", Rule.topic(), "Where producers write labelled examples.");
        group.row(
                "topics.training-examples",
                STRING,
                "training-examples",
                Rule.topic(),
                "The ledger: validated examples, keyed by model. Keep it long, for it is what a version can be made again from.");
        group.row(
                "topics.examples-rejected",
                STRING,
                "examples-rejected",
                Rule.topic(),
                "Dead letters: the bytes as they came; headers say from where and why.");
        group.row(
                "topics.model-registry",
                STRING,
                "model-registry",
                Rule.topic(),
                "Versions, aliases and what was decided of them; compacted. All that ever happened to them is kept in a topic of the same name with `-audit` behind it.");
        group.row(
                "topics.deployments",
                STRING,
                "model-deployments",
                Rule.topic(),
                "What each subscriber serves, as it said last; compacted, and forgotten a week after it was last heard of.");
        group.row(
                "topics.inputs",
                STRING,
                "inputs",
                Rule.topic(),
                "Where producers write texts to be answered, as JSON: `id`, `text`, `model`.");
        group.row(
                "topics.labels",
                STRING,
                "labels",
                Rule.topic(),
                "Where producers write labels of `inputs` that come later, as JSON: `id`, `label`, `model`. Read, and made, where `ingest.join-window` is above 0.");
        group.row(
                "topics.examples-unpaired",
                STRING,
                "examples-unpaired",
                Rule.topic(),
                "Inputs and labels whose other half never came: the bytes as they came; headers say from where and why. Made where `ingest.join-window` is above 0.");
        group.row(
                "topics.predictions",
                STRING,
                "predictions",
                Rule.topic(),
                "The answers to `inputs`, keyed by the input's id. Read them with `isolation.level=read_committed`.");
        group.row(
                "topics.training-progress",
                STRING,
                "training-progress",
                Rule.topic(),
                "How training goes, as trainers report it once a second for whoever watches: figures, labels and offsets, no texts. Kept for a week; nothing that is learned depends on it.");
    }

    private static void trainerBatches(Group group) {
        group.row(
                "trainer.group-id",
                STRING,
                "millrace-trainer",
                Rule.notEmpty(),
                "The consumer group that shares out the models among trainers.");
        group.row(
                "trainer.session-timeout",
                STRING,
                "10s",
                Rule.duration(Duration.ofMillis(500)),
                "How long a trainer may be silent before others of the group take over its models; it makes itself heard three times as often. Shorter brings models back sooner after a process was killed, and takes them from one that only paused for long. Brokers allow 6 s to 30 min unless told otherwise (`group.min.session.timeout.ms`).");
        group.row(
                "trainer.active-trainers",
                INT,
                "0",
                Rule.whole(0, ANY_INT),
                "How many trainers of the group have models at a time, 0 for all of them. Those beyond that number stand by: they have loaded the base, fetch the files of each newest version as it comes, and one of them takes over what one that ends or dies had. That one stands by when it is back. All trainers of a group should have the same number here.");
        group.row(
                "trainer.base",
                STRING,
                "minilm-l6",
                Rule.base(),
                "The pretrained model to start from: `minilm-l6`, all-MiniLM-L6-v2, which is bundled, or `bge-small`, bge-small-en-v1.5, or `e5-small`, e5-small-v2, which are twice as deep, take twice the time, and are in a build with the Maven profile `bases` (`MILLRACE_MAVEN_ARGS=-Pbases ./millrace`); all know English best. Or a folder with another encoder of the BERT family (such as bge-base, or what `registry pull` has written), as Hugging Face transformers save it: `config.json`, `tokenizer.json`, `model.safetensors` in float32, float16 or bfloat16; a relative path starts from the working directory. The embedding is the mean over the tokens, or the first one where `1_Pooling/config.json` says so; what a model wants before every text (`query: `) is `prefix` in `config.json`, or the default prompt of `config_sentence_transformers.json`, and `e5-small` has it. Versions record the folder's name and a digest of its content, and training goes on from the same content only. `tiny` is a small encoder with random weights, which knows nothing and starts at once: for trying out everything around a model.");
        group.row(
                "trainer.base-head",
                STRING,
                "new",
                Rule.oneOf("new", "kept"),
                "Whether a model begins without labels, or with those of a folder that is its base and the head that was trained there: a `BertForSequenceClassification` (with `trainer.head=bert`), or what `registry pull` has written. `registry import` says which settings a folder takes.");
        group.row(
                "trainer.idle-flush",
                STRING,
                "2s",
                Rule.duration(Duration.ofMillis(1)),
                "A batch also closes when nothing came for this long by the clock; a version is made of it as well, whose record says where, so that a replay closes it there too. Raise it where examples trickle in one by one.");
        group.row(
                "trainer.version-every-examples",
                LONG,
                "500",
                Rule.whole(1, ANY_LONG),
                "A version is published after this many examples.");
        group.row(
                "trainer.version-every",
                STRING,
                "5m",
                Rule.duration(Duration.ofSeconds(1)),
                "A version is also published after this much of the log's time.");
        group.row(
                "trainer.keep-training-states",
                INT,
                "2",
                Rule.whole(1, 1000),
                "How many versions keep what is needed to go on training from them; of older ones the weights stay.");
        group.row(
                "trainer.precision",
                STRING,
                "auto",
                Rule.oneOf("auto", "float32", "bfloat16"),
                "Of matrix products. `auto` takes bfloat16 where the machine has it natively, else float32.");
        group.row(
                "trainer.device",
                STRING,
                "auto",
                Rule.oneOf("auto", "cpu", "gpu"),
                "Where to compute. `auto` takes a GPU when there is one.");
        group.row(
                "trainer.threads",
                INT,
                "0",
                Rule.whole(0, 1024),
                "Threads of the network's arithmetic on the CPU; 0 takes one a core. Changes the last bits of the result. What is computed beside training, judging versions and serving in the same process, takes one.");
        group.row(
                "trainer.open-models",
                INT,
                "64",
                Rule.whole(1, ANY_INT),
                "How many models stay in memory that have nothing to learn. The one that nothing came of for longest makes room for others, and is opened from its newest version when its next example comes, to the same bits.");
        group.row(
                "trainer.frozen-cache-bytes",
                LONG,
                Long.toString(Compute.FROZEN_CACHE_BYTES),
                Rule.whole(0, Long.MAX_VALUE),
                "Native memory for what frozen layers made of texts, so that a text that is learned again does not go through them again. No result depends on it.");
    }

    private static void trainerRecipe(Group group) {
        for (RecipeSetting setting : Recipe.settings()) {
            boolean span = setting.kind() instanceof RecipeSetting.Span;
            group.row(
                    TRAINER + setting.name(),
                    STRING,
                    span ? DurationText.format(Duration.parse(setting.standard())) : setting.standard(),
                    span ? Rule.duration(Duration.ofMillis(1)) : Rule.of(setting.kind()),
                    setting.text());
        }
    }

    private static void gate(Group group) {
        GateRules standard = GateRules.STANDARD;
        group.row(
                "gate.least-examples",
                INT,
                Integer.toString(standard.leastExamples()),
                Rule.whole(1, ANY_INT),
                "A version is compared with the champion on the examples that are held out (`trainer.holdout-share`), once there are this many. Without any, a version is still refused whose weights are not finite, which lacks a label of the champion's, or which comes from another base.");
        group.row(
                "gate.least-effect",
                DOUBLE,
                Double.toString(standard.leastEffect()),
                Rule.real(0, 1),
                "A fall of accuracy below this does not matter.");
        group.row(
                "gate.significance",
                DOUBLE,
                Double.toString(standard.significance()),
                Rule.real(0, 1),
                "A version is refused for a larger fall only where it would come by chance less often than this, by McNemar's exact test on the same examples. So much of versions that are no worse are refused at most.");
        group.row(
                "gate.recall-share",
                DOUBLE,
                Double.toString(standard.recallShare()),
                Rule.real(0, 1),
                "The share of the champion's recall that must be left of each label; judged where the label has enough examples to tell.");
        group.row(
                "gate.calibration-slack",
                DOUBLE,
                Double.toString(standard.calibrationSlack()),
                Rule.real(0, 1),
                "How much larger than the champion's the calibration error may be.");
        group.row(
                "gate.latency-factor",
                DOUBLE,
                Double.toString(standard.latencyFactor()),
                Rule.real(1, 1000),
                "How many times as long as the champion's an answer may take.");
        group.row(
                "gate.size-factor",
                DOUBLE,
                Double.toString(standard.sizeFactor()),
                Rule.real(1, 1000),
                "How many times as large as the champion's the files may be that are served.");
    }

    private static void rollback(Group group) {
        RollbackRules standard = RollbackRules.STANDARD;
        group.row(
                "rollback.fall",
                DOUBLE,
                Double.toString(standard.fall()),
                Rule.real(0, 1),
                "When the prequential accuracy since a version became champion is so far below what it was before, that version and the best of the four before it answer the newest examples. Where it is worse by as much there too, by the test and the `gate.significance` of the gate, the alias is held at the earlier version. 1: never.");
        group.row(
                "rollback.least-examples",
                INT,
                Integer.toString(standard.leastExamples()),
                Rule.whole(1, ANY_INT),
                "From how many examples on accuracies are compared.");
        group.row(
                "rollback.fresh-examples",
                INT,
                Long.toString(standard.freshExamples()),
                Rule.whole(1, ANY_INT),
                "For how many examples a champion is watched.");
    }

    private static void serving(Group group) {
        group.row(
                "registry.store",
                STRING,
                "",
                Rule.store(),
                "Where the artifact store is that trainers and servers share: a folder, or `s3://BUCKET/PREFIX` in Amazon S3 or any service that speaks its protocol. Empty: `artifacts` in the data directory. Credentials for S3 come from where the AWS SDK looks for them, such as `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` in the environment, and never from a setting. What was fetched from S3 is kept in `artifact-copies` in the data directory, up to 4 GiB.");
        group.row(
                "registry.s3-endpoint",
                STRING,
                "",
                Rule.endpoint(),
                "The address of the service that speaks the protocol of S3, such as `https://minio.example:9000`. Empty: Amazon's.");
        group.row(
                "registry.s3-region",
                STRING,
                "",
                Rule.region(),
                "The region of the bucket. Empty: what the AWS SDK finds (`AWS_REGION`, a profile), or `us-east-1` where an endpoint is given.");
        group.row(
                "registry.s3-path-style",
                STRING,
                "auto",
                Rule.oneOf("auto", "true", "false"),
                "Whether the bucket is named in the path of a request rather than in its host. `auto`: in the path where an endpoint is given.");
        group.row(
                "registry.weights",
                STRING,
                "whole",
                Rule.oneOf("whole", "delta"),
                "How a trainer keeps the weights of its versions in the store: `whole`, or as the `delta` to the base, which takes some 70% of the place, and 20% with `trainer.serving-precision: bfloat16`. Whoever reads puts them together again and checks the result by its digest; a service of one's own reads them through `DeltaStore`. Needs up to 2 GiB for `artifact-copies/restored` in the data directory.");
        group.row(
                "registry.signing-key",
                STRING,
                "",
                Rule.anyText(),
                "The file of the private key, Ed25519 in PEM, with which the trainer signs its versions; `millrace registry keygen` makes one. Nobody but its owner may have rights on it. Read once, at the start. Empty: versions are not signed.");
        group.row(
                "registry.trusted-keys",
                STRING,
                "",
                Rule.anyText(),
                "The public keys whose versions are served, scored with and pulled: a PEM file with one or more, or a folder of such files. A version that none of them has signed is refused before its files are read, and what is served stays. Read once, at the start. Empty: every version is accepted.");
        ScoringRows.add(group);
        HttpRows.add(group);
    }

    /** Rows that stand together on the reference page. */
    record Group(ConfigDef table, String name) {
        void row(String key, ConfigDef.Type type, String defaultValue, Rule rule, String text) {
            int order = table.configKeys().size();
            table.define(
                    key,
                    type,
                    defaultValue,
                    rule,
                    ConfigDef.Importance.MEDIUM,
                    text,
                    name,
                    order,
                    ConfigDef.Width.MEDIUM,
                    key);
        }
    }
}
