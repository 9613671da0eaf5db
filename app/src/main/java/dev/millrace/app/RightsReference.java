package dev.millrace.app;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The rights that are needed in Kafka, as tables in Markdown and as a list for a terminal. */
final class RightsReference {

    private RightsReference() {}

    /** {@return a table for each user} */
    static String markdown(Settings settings) {
        StringBuilder page = new StringBuilder();
        for (KafkaUser user : KafkaUser.values()) {
            page.append(page.isEmpty() ? "### " : "\n### ")
                    .append(user)
                    .append("\n\nFor ")
                    .append(user.runs())
                    .append(".\n\n");
            page.append("| operation | on | needed to |\n|---|---|---|\n");
            for (NeededRight right : NeededRights.of(user, settings)) {
                page.append("| %s | %s `%s` | %s |\n"
                        .formatted(right.operation(), kind(right), right.on().name(), right.why()));
            }
        }
        return page.toString();
    }

    /** {@return a list for some users} */
    static String plain(Settings settings, Set<KafkaUser> users) {
        StringBuilder list = new StringBuilder();
        for (KafkaUser user : users) {
            list.append("%s: %s%n".formatted(user, user.runs().replace("`", "")));
            List<NeededRight> rights = NeededRights.of(user, settings);
            int width = rights.stream()
                    .mapToInt(right -> right.toString().length())
                    .max()
                    .orElse(1);
            for (NeededRight right : rights) {
                list.append(("  %-" + width + "s  to %s%n")
                        .formatted(right, right.why().replace("`", "")));
            }
            list.append(System.lineSeparator());
        }
        return list.toString();
    }

    private static String kind(NeededRight right) {
        String type = right.on().resourceType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return right.isForPrefix() ? type + "s that begin with" : type;
    }
}
