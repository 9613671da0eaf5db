package dev.millrace.app;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class MillraceVersion implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {
            "millrace " + number(),
            "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }

    /** {@return the version of this build} */
    static String number() {
        String version = MillraceVersion.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }
}
