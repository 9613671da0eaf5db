package dev.millrace.monitoring;

/**
 * One line of a panel.
 *
 * @param expression in PromQL; {@code $model} and {@code $__rate_interval} are filled in by Grafana
 * @param legend what its series are called; may name labels, as in {@code {{model}}}
 */
record Query(String expression, String legend) {

    Query {
        if (expression.isBlank() || legend.isBlank()) {
            throw new IllegalArgumentException("a query needs an expression and a legend");
        }
    }
}
