package dev.millrace.app;

import java.util.Locale;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * A right in Kafka that somebody cannot do without.
 *
 * @param operation what must be allowed; READ, WRITE and DELETE allow to DESCRIBE as well
 * @param on which resource, or those that begin with its name
 * @param why what it is for, as the end of "needed to"
 */
record NeededRight(AclOperation operation, ResourcePattern on, String why) {

    private static final String EVERYWHERE = "*";

    static NeededRight topic(AclOperation operation, String name, String why) {
        return of(operation, ResourceType.TOPIC, name, PatternType.LITERAL, why);
    }

    static NeededRight topicsFrom(AclOperation operation, String prefix, String why) {
        return of(operation, ResourceType.TOPIC, prefix, PatternType.PREFIXED, why);
    }

    static NeededRight group(AclOperation operation, String name, String why) {
        return of(operation, ResourceType.GROUP, name, PatternType.LITERAL, why);
    }

    static NeededRight transactionsFrom(String prefix, String why) {
        return of(AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, prefix, PatternType.PREFIXED, why);
    }

    private static NeededRight of(
            AclOperation operation, ResourceType type, String name, PatternType pattern, String why) {
        return new NeededRight(operation, new ResourcePattern(type, name, pattern), why);
    }

    boolean isForPrefix() {
        return on.patternType() == PatternType.PREFIXED;
    }

    /** {@return the entry of Kafka's access control list that gives it to somebody, from any host} */
    AclBinding givenTo(String principal) {
        return new AclBinding(on, new AccessControlEntry(principal, EVERYWHERE, operation, AclPermissionType.ALLOW));
    }

    /** {@return the arguments of {@code kafka-acls.sh} that give it to somebody} */
    String arguments(String principal) {
        return "--add --allow-principal '" + principal + "' --operation " + camelCase(operation.name()) + " --"
                + on.resourceType().name().toLowerCase(Locale.ROOT).replace('_', '-') + " '" + on.name() + "'"
                + (isForPrefix() ? " --resource-pattern-type prefixed" : "");
    }

    private static String camelCase(String constant) {
        StringBuilder text = new StringBuilder();
        for (String word : constant.split("_", -1)) {
            text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return text.toString();
    }

    /** {@return such as {@code READ on topic examples}} */
    @Override
    public String toString() {
        String type = on.resourceType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return operation + " on " + type + (isForPrefix() ? "s that begin with " : " ") + on.name();
    }
}
