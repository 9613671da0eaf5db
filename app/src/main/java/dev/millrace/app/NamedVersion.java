package dev.millrace.app;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** The parameters of a command that is about one version: {@code support 12}, {@code support champion}, {@code support@champion}. */
final class NamedVersion {

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's name; MODEL@ALIAS names a version too.")
    private String model = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "VERSION", description = "A number, an alias, or latest.")
    private @Nullable String version;

    String model() {
        return model.replaceFirst("@.*", "");
    }

    /** What was given for the version; null when nothing was. */
    @Nullable String given() {
        int at = model.indexOf('@');
        if (at >= 0 && version != null) {
            throw new CommandException(model + " names a version already, so " + version + " is one too many");
        }
        return at >= 0 ? model.substring(at + 1) : version;
    }

    /** The version that is meant; {@code unless} where none was given. */
    VersionRecord in(ModelRegistry registry, String unless) {
        String name = given();
        return RegistryOptions.resolve(registry, model(), name == null ? unless : name);
    }
}
