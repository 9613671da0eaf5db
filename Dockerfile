# The image of Millrace, in two ways that come to the same:
#   docker build -t millrace .                            from the sources, in a build stage
#   mvn package && docker build -t millrace --target prebuilt .    from what Maven has built here; downloads nothing
ARG RUNTIME=eclipse-temurin:17-jre
ARG BUILDER=maven:3.9-eclipse-temurin-17

FROM ${RUNTIME} AS runtime
# A fixed number, so that volumes and rules of a cluster can name it. The home folder is the working folder: data lies
# there, and so do the native libraries once they are unpacked. The artifact store has a folder, to be shared by volume.
RUN groupadd --gid 10001 millrace \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/millrace --shell /usr/sbin/nologin millrace \
    && install --directory --owner=millrace --group=millrace /var/lib/millrace /var/lib/millrace-artifacts
USER 10001:10001
WORKDIR /var/lib/millrace
VOLUME ["/var/lib/millrace", "/var/lib/millrace-artifacts"]
EXPOSE 8080
# Inside a container, only what is published is reachable from outside; "run" starts once it is told who may look, by a
# token or MILLRACE_HTTP_TRUSTED_NETWORK=true. Whoever collects the log reads the console.
ENV MILLRACE_HTTP_HOST=0.0.0.0 \
    MILLRACE_LOG_CONSOLE=all \
    MILLRACE_REGISTRY_STORE=/var/lib/millrace-artifacts \
    GOMP_SPINCOUNT=1000 \
    MALLOC_TRIM_THRESHOLD_=2000000000 \
    MALLOC_MMAP_THRESHOLD_=33554432 \
    MALLOC_TOP_PAD_=134217728
# curl is in the base image. Asks whether the process lives; /readyz says whether it can answer.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
    CMD ["curl", "-fsS", "http://localhost:8080/healthz"]
ENTRYPOINT ["java", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-jar", "/opt/millrace/millrace-app.jar"]
CMD ["--help"]

FROM runtime AS prebuilt
COPY app/target/lib/ /opt/millrace/lib/
COPY app/target/millrace-app.jar /opt/millrace/

FROM ${BUILDER} AS build
WORKDIR /src
# One by one, so that what an earlier build left behind is not taken for this one's.
COPY pom.xml ./
COPY .mvn/ .mvn/
COPY broker/ broker/
COPY docs/schema/ docs/schema/
COPY ingest/ ingest/
COPY model/ model/
COPY registry/ registry/
COPY trainer/ trainer/
COPY monitoring/ monitoring/
COPY app/pom.xml app/
COPY app/src/ app/src/
# Such as -Pbases, for the bases bge-small and e5-small, or -Pgpu.
ARG MILLRACE_MAVEN_ARGS=
RUN --mount=type=cache,target=/root/.m2 \
    mvn -q -B -ntp -Dmaven.test.skip=true -Dspotless.check.skip=true ${MILLRACE_MAVEN_ARGS} package

FROM runtime AS image
COPY --from=build /src/app/target/lib/ /opt/millrace/lib/
COPY --from=build /src/app/target/millrace-app.jar /opt/millrace/
