package dev.millrace.monitoring;

/**
 * From where on a value has a colour.
 *
 * @param from the least value
 * @param colour by Grafana's name
 */
record Threshold(double from, String colour) {}
