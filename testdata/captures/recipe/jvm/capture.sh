#!/usr/bin/env bash
# Makes the captures of a JVM: what async-profiler records and its own converter writes as pprof. usage: capture.sh
# Needs a JDK (17 or later), Maven for the two artifacts, and Linux on x64.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=4.1
repo=${MAVEN_REPO:-$HOME/.m2/repository}
for artifact in async-profiler jfr-converter; do
  mvn -q -B dependency:get -Dartifact=tools.profiler:$artifact:$version -Dtransitive=false
done
jar() { echo "$repo/tools/profiler/$1/$version/$1-$version.jar"; }
work=$(mktemp -d)
unzip -qo "$(jar async-profiler)" 'linux-x64/*' -d "$work"
javac -d "$work" "$here/Leaky.java"
java=$(java -version 2>&1 | sed -nE 's/.*version "([0-9.]+).*/\1/p;1q')
out="$here/../../jvm-$java"
mkdir -p "$out"
# Timers instead of perf events, so that it works inside containers too.
java -agentpath:"$work/linux-x64/libasyncProfiler.so=start,event=itimer,interval=5ms,alloc=256k,lock=1us,jfr,file=$work/all.jfr" \
  -cp "$work" Leaky 4 > /dev/null
for kind in cpu alloc lock; do
  java -jar "$(jar jfr-converter)" -o pprof --$kind --total "$work/all.jfr" "$work/$kind.pprof" ||
    java -jar "$(jar jfr-converter)" -o pprof --$kind "$work/all.jfr" "$work/$kind.pprof"
  gzip -9nc "$work/$kind.pprof" > "$out/$kind.pb.gz"
done
rm -rf "$work"
ls -l "$out"
