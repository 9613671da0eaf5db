package dev.millrace.monitoring;

import java.util.List;

/** All dashboards, and the words that their queries share. */
final class Dashboards {

    /** Which models there are, in whatever a process may do with them. */
    static final String MODELS =
            "label_values({__name__=~\"millrace_(ingest_accepted_total|training_lag_records|serving_registry_age_seconds)\"}, model)";

    private Dashboards() {}

    static List<Dashboard> all() {
        return List.of(
                OverviewDashboard.page(),
                TrainingDashboard.page(),
                DataQualityDashboard.page(),
                RegistryDashboard.page(),
                RuntimeDashboard.page());
    }

    /** The chosen models' series of a meter. */
    static String ofModel(String meter) {
        return meter + "{model=~\"$model\"}";
    }

    /** The largest value of each model, of all processes. */
    static Query max(String meter, String what) {
        return new Query("max by (model) (" + ofModel(meter) + ")", what);
    }

    /** What a counter of each model counts in a second. */
    static Query rate(String counter, String what) {
        return new Query(rateOf(counter), what);
    }

    static String rateOf(String counter) {
        return "sum by (model) (rate(" + ofModel(counter) + "[$__rate_interval]))";
    }

    /** What a counter of each model counted in the time that is shown. */
    static String increaseOf(String counter) {
        return "sum by (model) (increase(" + ofModel(counter) + "[$__range]))";
    }

    /** A quantile of a histogram of each model. */
    static Query quantile(double quantile, String histogram, String what) {
        return new Query(
                "histogram_quantile(" + quantile + ", sum by (le, model) (rate(" + ofModel(histogram + "_bucket")
                        + "[$__rate_interval])))",
                what);
    }

    /** Beside a counter that has no series before its first event. */
    static String orZero(String expression) {
        return expression + " or vector(0)";
    }
}
