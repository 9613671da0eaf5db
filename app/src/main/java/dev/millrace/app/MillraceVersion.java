package dev.millrace.app;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class MillraceVersion implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = MillraceVersion.class.getPackage().getImplementationVersion();
        return new String[] {
            "millrace " + (version == null ? "(not packaged)" : version),
            "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
