package dev.millrace.trainer;

import dev.millrace.trainer.RecipeSetting.Choice;
import dev.millrace.trainer.RecipeSetting.Kind;
import dev.millrace.trainer.RecipeSetting.Real;
import dev.millrace.trainer.RecipeSetting.Span;
import dev.millrace.trainer.RecipeSetting.Whole;
import dev.millrace.trainer.RecipeSetting.Widths;
import java.util.ArrayList;
import java.util.List;

/** The table of all settings of learning. */
final class RecipeTable {

    static final List<RecipeSetting> ROWS = rows();

    private RecipeTable() {}

    private static List<RecipeSetting> rows() {
        List<RecipeSetting> rows = new ArrayList<>();
        miniBatches(rows);
        rehearsal(rows);
        drift(rows);
        holdout(rows);
        optimizer(rows);
        schedule(rows);
        losses(rows);
        network(rows);
        head(rows);
        voters(rows);
        rows.add(
                later(
                        "serving-precision",
                        Choice.of("float32", "bfloat16"),
                        "float32",
                        "float32",
                        "How the weights that are served are kept: `bfloat16` takes half the place and rounds each weight to three digits, the nearest. Training goes on from the exact ones, which its state then holds, a third more. The prequential answers are those of the exact weights; the gate judges the rounded ones."));
        rows.add(setting(
                "seed",
                new Whole(0, Long.MAX_VALUE),
                "42",
                "Every random choice comes from this and the number of the step."));
        return List.copyOf(rows);
    }

    private static void miniBatches(List<RecipeSetting> rows) {
        rows.add(setting(
                "batch-size",
                new Whole(1, 4096),
                "16",
                "Fresh examples in a mini-batch; a batch closes when it is full."));
        rows.add(setting(
                "max-batch-age",
                new Span(),
                "PT5S",
                "A batch also closes when its examples span this much of the log's time."));
    }

    private static void rehearsal(List<RecipeSetting> rows) {
        rows.add(setting(
                "rehearsal-ratio",
                Real.from(0, 16),
                "3.0",
                "Past examples that are learned again beside each fresh one."));
        rows.add(setting(
                "rehearsal-capacity", new Whole(0, 10_000_000), "20000", "Past examples that are kept for rehearsal."));
        rows.add(
                setting(
                        "rehearsal-selection",
                        Choice.of("uniform", "balanced", "loss"),
                        "uniform",
                        "Which past examples stay when there is no place for more: `uniform`, a uniform sample of all; `balanced`, as many of each label as there can be; `loss`, rather those that were hard when they were learned last."));
    }

    private static void drift(List<RecipeSetting> rows) {
        rows.add(
                later(
                        "drift-reaction",
                        Choice.of("tell", "raise-rate", "shorten-memory", "thaw"),
                        "shorten-memory",
                        "tell",
                        "What follows when the answers become worse, for one label or over all: `tell` in log and metrics alone; `raise-rate`, three times the learning rate for 1000 examples; `shorten-memory`, past examples of the label from before the change go to the label that has such texts since, or are not learned again, and its row of the head begins anew from those since; `thaw`, for 1000 examples all layers that are not frozen learn at the full rate, whatever `thaw-every-examples` and `layer-decay` say."));
        rows.add(
                setting(
                        "drift-confidence",
                        new Real(0, true, 0.5),
                        "0.01",
                        "The chance of a false alarm that is accepted for each label, from one change to the next. Less makes alarms rarer and later."));
    }

    private static void holdout(List<RecipeSetting> rows) {
        rows.add(
                setting(
                        "holdout-share",
                        Real.from(0, 0.5),
                        "0.0",
                        "Share of the examples, chosen by a hash of their ids, that are answered and never learned: versions are judged by them."));
        rows.add(setting(
                "holdout-window", new Whole(1, 100_000), "500", "How many of the newest of these judge a version."));
    }

    private static void optimizer(List<RecipeSetting> rows) {
        rows.add(setting("encoder-learning-rate", Real.from(0, 1), "1.5E-4", "Step size of the pretrained layers."));
        rows.add(setting(
                "head-learning-rate-factor",
                Real.from(0, 10_000),
                "10.0",
                "How many times larger the head's step size is."));
        rows.add(setting("weight-decay", Real.from(0, 1), "0.01", "Decoupled weight decay (AdamW)."));
        rows.add(setting("gradient-clip", Real.above(0), "1.0", "The largest norm of the whole gradient."));
        rows.add(setting(
                "label-smoothing", Real.from(0, 0.999), "0.1", "Share of the target that is spread over all labels."));
        rows.add(
                setting(
                        "ema-decay",
                        Real.from(0, 0.999999),
                        "0.98",
                        "Decay of the averaged weights, which are what is served; it warms up as (1+t)/(10+t). 0 serves the training weights."));
    }

    private static void network(List<RecipeSetting> rows) {
        rows.add(fixed(
                "frozen-layers",
                new Whole(0, 1000),
                "0",
                "Lowest layers of the encoder that never change; the embeddings never do."));
        rows.add(setting("head-scale", Real.above(0), "16.0", "What cosines are multiplied by before the softmax."));
        rows.add(fixed("max-tokens", new Whole(3, 512), "128", "Longer texts are cut."));
    }

    private static void schedule(List<RecipeSetting> rows) {
        rows.add(
                later(
                        "optimizer",
                        Choice.of("adamw", "sgd", "lion", "schedule-free"),
                        "adamw",
                        "adamw",
                        "How gradients become updates: AdamW, SGD with momentum 0.9, Lion, which wants a tenth of AdamW's rate, or schedule-free AdamW, which serves the mean of all weights so far in place of the average by `ema-decay`."));
        rows.add(
                later(
                        "layer-decay",
                        Real.from(0, 1),
                        "0.85",
                        "1.0",
                        "What a layer's learning rate is multiplied with to get that of the layer below; 1 gives all the same."));
        rows.add(
                later(
                        "thaw-every-examples",
                        new Whole(0, Integer.MAX_VALUE),
                        "0",
                        "0",
                        "Gradual unfreezing: at first the topmost layer learns alone, and one more from the top after each so many examples; 0 has all learn from the first."));
        rows.add(
                later(
                        "schedule",
                        Choice.of("constant", "cosine", "inverse-sqrt"),
                        "constant",
                        "constant",
                        "How learning rates change with the steps, after the warm-up: not at all, by the cosine from all to nothing and again from the start every `schedule-steps`, or as one over the square root of 1 plus steps by `schedule-steps`."));
        rows.add(later(
                "schedule-steps",
                new Whole(1, Integer.MAX_VALUE),
                "1000",
                "1000",
                "Steps of one turn of the schedule."));
        rows.add(later(
                "warm-up-steps",
                new Whole(0, Integer.MAX_VALUE),
                "0",
                "0",
                "Steps over which learning rates rise from nothing."));
        rows.add(later(
                "accumulation",
                new Whole(1, 1024),
                "1",
                "1",
                "Mini-batches that make one update of their mean gradient."));
    }

    private static void losses(List<RecipeSetting> rows) {
        rows.add(
                later(
                        "class-weights",
                        Choice.of("none", "balanced"),
                        "none",
                        "none",
                        "Whether examples of rare labels count more: `balanced` weighs each by the mean count of the labels over the count of its own, at most tenfold."));
        rows.add(
                later(
                        "asymmetric-loss",
                        Choice.of("false", "true"),
                        "false",
                        "false",
                        "Whether fresh examples compete only with the labels among them (ER-ACE), which spares older labels when new ones come in a row."));
        rows.add(
                later(
                        "distillation",
                        Real.from(0, 10),
                        "0.0",
                        "0.0",
                        "Weight of the squared distance of a rehearsed example's logits from those that it was given when it was fresh (DER++), which are kept with it; 0 leaves it out, and keeps none."));
        rows.add(later(
                "contrast",
                Real.from(0, 10),
                "0.0",
                "0.0",
                "Weight of the supervised contrastive loss beside the cross-entropy; 0 leaves it out."));
        rows.add(later(
                "dropout",
                Real.from(0, 0.9),
                "0.0",
                "0.0",
                "Share of what the layers of the encoder add that a step leaves out."));
    }

    private static void head(List<RecipeSetting> rows) {
        rows.add(frozenLater(
                "kept-layers",
                new Whole(0, 1000),
                "0",
                "0",
                "Lowest layers of the base that are used at all; 0 uses all."));
        rows.add(
                frozenLater(
                        "adapter-rank",
                        new Whole(0, 1024),
                        "0",
                        "0",
                        "Rank of low-rank adapters (LoRA) that are trained in place of the layers themselves, of which the version then holds the adapters alone; 0 trains the layers."));
        rows.add(frozenLater(
                "adapter-targets",
                Choice.of("all", "attention", "mlp"),
                "all",
                "all",
                "The matrices that have adapters."));
        rows.add(
                frozenLater(
                        "head",
                        Choice.of("cosine", "linear", "bert"),
                        "cosine",
                        "cosine",
                        "What the last layer of the head compares: directions, or products plus a bias. `bert`: products plus a bias on the first token, behind a pooler, so that versions are a `BertForSequenceClassification` of Hugging Face transformers; the other settings of the head are then without effect, but for its scale and its dropout."));
        rows.add(frozenLater(
                "head-layers",
                new Widths(),
                "",
                "",
                "Widths of hidden layers between the encoder and the last layer, such as `256,128`; empty for none."));
        rows.add(frozenLater(
                "head-activation", Choice.of("gelu", "relu", "tanh"), "gelu", "gelu", "Of the hidden layers."));
        rows.add(frozenLater(
                "head-norm", Choice.of("none", "layer"), "none", "none", "Whether hidden layers are normalised."));
        rows.add(later(
                "head-dropout",
                Real.from(0, 0.9),
                "0.0",
                "0.0",
                "Share of what goes into a layer of the head that a step leaves out."));
    }

    private static void voters(List<RecipeSetting> rows) {
        rows.add(
                new RecipeSetting(
                        "voters",
                        Choice.of("all", "linear", "neighbours", "none"),
                        "all",
                        "none",
                        true,
                        "Who answers beside the fine-tuned model, on the base as it was published: `linear`, discriminant analysis, `neighbours`, the nearest examples so far, `all` of them, or `none`. What each is worth is learned from its answers."));
        rows.add(
                new RecipeSetting(
                        "voter-memory",
                        new Whole(1, 10_000_000),
                        "20000",
                        "20000",
                        true,
                        "Examples that the neighbours are drawn from, a uniform sample of all; 0.8 kB each in every version, with the bundled model."));
    }

    /** A setting that older recipes do not name. */
    private static RecipeSetting later(String name, Kind kind, String standard, String absent, String text) {
        return new RecipeSetting(name, kind, standard, absent, false, text);
    }

    private static RecipeSetting frozenLater(String name, Kind kind, String standard, String absent, String text) {
        return new RecipeSetting(name, kind, standard, absent, true, text);
    }

    /** A setting that every recipe has named from the first. */
    private static RecipeSetting setting(String name, Kind kind, String standard, String text) {
        return new RecipeSetting(name, kind, standard, standard, false, text);
    }

    private static RecipeSetting fixed(String name, Kind kind, String standard, String text) {
        return new RecipeSetting(name, kind, standard, standard, true, text);
    }
}
