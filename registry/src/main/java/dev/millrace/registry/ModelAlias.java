package dev.millrace.registry;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which version of a model is meant, by a name that may move: {@code support@champion}.
 *
 * @param model the model's name
 * @param alias an alias, {@code latest}, or a version's number
 */
public record ModelAlias(String model, String alias) {

    private static final Pattern TEXT = Pattern.compile("(" + RegistryKey.NAME + ")(?:@(" + RegistryKey.NAME + "))?");
    private static final int MAX_CHARACTERS_SHOWN = 100;

    public ModelAlias {
        require(model, alias);
    }

    /**
     * Reads {@code MODEL@ALIAS}, or {@code MODEL}, which means its {@value Alias#CHAMPION}.
     *
     * @param text such as {@code support@champion}
     * @return what it names
     * @throws IllegalArgumentException if it has another form
     */
    public static ModelAlias parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw malformed(text);
        }
        String alias = matcher.group(2);
        return new ModelAlias(matcher.group(1), alias == null ? Alias.CHAMPION : alias);
    }

    private static void require(String model, String alias) {
        if (!RegistryKey.NAME_PATTERN.matcher(model).matches()
                || !RegistryKey.NAME_PATTERN.matcher(alias).matches()) {
            throw malformed(model + "@" + alias);
        }
    }

    private static IllegalArgumentException malformed(String text) {
        String shown = text.length() <= MAX_CHARACTERS_SHOWN ? text : text.substring(0, MAX_CHARACTERS_SHOWN) + "…";
        return new IllegalArgumentException("a subscription must name MODEL or MODEL@ALIAS, such as support@champion,"
                + " with names of 1 to 100 of the characters A-Z a-z 0-9 . _ -, but names '" + shown + "'");
    }

    @Override
    public String toString() {
        return model + "@" + alias;
    }
}
