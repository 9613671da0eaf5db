@echo off
rem Runs Millrace; builds it first when there is no build, or one older than the sources.
setlocal
if not defined MILLRACE_HOME set "MILLRACE_HOME=%~dp0."
set "JAR=%MILLRACE_HOME%\app\target\millrace-app.jar"
set "BUILT=%MILLRACE_HOME%\app\target\.built"
rem What Maven was told the last time holds until it is told otherwise: a build with more in it stays one.
set "LAST="
if exist "%BUILT%" set /p LAST=<"%BUILT%"
set "ARGUMENTS=%LAST%"
if defined MILLRACE_MAVEN_ARGS set "ARGUMENTS=%MILLRACE_MAVEN_ARGS%"

set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" -version >nul 2>&1
if errorlevel 1 (
    echo millrace: Java is missing: install a JDK of version 17 or newer, or set JAVA_HOME to one 1>&2
    exit /b 2
)

if not exist "%MILLRACE_HOME%\pom.xml" goto run
if not exist "%JAR%" goto build
if not exist "%BUILT%" goto build
if not "%ARGUMENTS%"=="%LAST%" goto build
powershell -NoProfile -Command "$b = (Get-Item $env:BUILT).LastWriteTimeUtc; $h = $env:MILLRACE_HOME; if (Get-ChildItem -Path \"$h\pom.xml\", \"$h\*\pom.xml\", \"$h\*\src\main\" -Recurse -File | Where-Object { $_.LastWriteTimeUtc -gt $b } | Select-Object -First 1) { exit 1 }"
if not errorlevel 1 goto run

:build
where mvn >nul 2>&1
if errorlevel 1 (
    echo millrace: Maven is missing: install Maven 3.8 or newer to build Millrace 1>&2
    exit /b 2
)
echo millrace: building, which takes some minutes the first time ... 1>&2
call mvn -q -B -ntp -f "%MILLRACE_HOME%\pom.xml" -Dmaven.test.skip=true -Dspotless.check.skip=true %ARGUMENTS% package 1>&2
if errorlevel 1 (
    echo millrace: the build failed, see above 1>&2
    exit /b 1
)
>"%BUILT%" echo(%ARGUMENTS%

:run
if not exist "%JAR%" (
    echo millrace: there is no Millrace in %MILLRACE_HOME%; MILLRACE_HOME must name its folder 1>&2
    exit /b 2
)
"%JAVA%" -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true -Dmillrace.terminal=true %MILLRACE_JAVA_OPTS% -jar "%JAR%" %*
exit /b %ERRORLEVEL%
