FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /src
COPY . .
# Such as -Pbases, for the bases bge-small and e5-small.
ARG MILLRACE_MAVEN_ARGS=
RUN --mount=type=cache,target=/root/.m2 mvn -q -B -Dmaven.test.skip=true ${MILLRACE_MAVEN_ARGS} package

FROM eclipse-temurin:17-jre
# The home folder is the working folder: the data folder lies there, and so do the native libraries once they are unpacked.
RUN useradd --system --create-home --home-dir /var/lib/millrace millrace
COPY --from=build /src/app/target/lib/ /opt/millrace/lib/
COPY --from=build /src/app/target/millrace-app.jar /opt/millrace/
USER millrace
WORKDIR /var/lib/millrace
VOLUME /var/lib/millrace
EXPOSE 8080
# Inside a container, only what is published is reachable from outside.
ENV MILLRACE_HTTP_HOST=0.0.0.0
# As in the launcher: bounds how long libtorch's threads spin for each other.
ENV GOMP_SPINCOUNT=1000
ENTRYPOINT ["java", "-jar", "/opt/millrace/millrace-app.jar"]
CMD ["--help"]
