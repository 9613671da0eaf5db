package dev.millrace.registry;

/**
 * An event and where it lies. Immutable.
 *
 * @param offset in the audit topic
 * @param event what happened
 */
public record AuditEntry(long offset, RegistryEvent event) {}
