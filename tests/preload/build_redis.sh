#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds Debian's redis from source with MALLOC=libc, so that every allocation of the server goes
# through malloc, and prints the path of the resulting redis-server. The result is kept under
# ~/.cache/uma/redis-VERSION; a second run only prints the path.
#
# The system's apt configuration stays as it is: the source list, the indexes and the caches of
# this script live in a directory of its own.
set -euo pipefail

fail() {
  echo "build_redis: $*" >&2
  exit 1
}

for tool in apt-get apt-cache dpkg-source make gcc; do
  command -v "$tool" >/dev/null || fail "$tool is missing (packages: apt dpkg-dev make gcc)"
done

home=${HOME:-}
[[ -d $home ]] || home=$(getent passwd "$(id -u)" | cut -d: -f6)
cache=$home/.cache/uma
mkdir -p "$cache"
exec 9>"$cache/redis.lock"
flock 9

# Without a network a finished build still serves, so look before asking apt.
newest=$(find "$cache" -mindepth 2 -maxdepth 2 -path '*/redis-*/redis-server' | sort -V | tail -1)
if [[ -n $newest ]]; then
  echo "$newest"
  exit 0
fi

echo 'build_redis: building redis from its Debian source' >&2
scratch=$(mktemp -d /tmp/uma-redis.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir -p "$scratch"/{lists/partial,archives/partial,source}

release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-bookworm}")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -r $keyring ]] || fail "$keyring is missing (package: debian-archive-keyring)"
cat >"$scratch/debian.sources" <<END
Types: deb-src
URIs: http://deb.debian.org/debian
Suites: $release $release-updates
Components: main
Signed-By: $keyring

Types: deb-src
URIs: http://deb.debian.org/debian-security
Suites: $release-security
Components: main
Signed-By: $keyring
END
mv "$scratch/debian.sources" "$scratch/source/debian.sources"

apt_options=(
  -o "Dir::Etc::sourcelist=$scratch/source/debian.sources"
  -o "Dir::Etc::sourceparts=-"
  -o "Dir::State::lists=$scratch/lists"
  -o "Dir::Cache=$scratch"
  -o "APT::Sandbox::User=$(id -un)"
  -o "Acquire::Languages=none"
  -o "Acquire::Retries=3"
)
apt-get "${apt_options[@]}" -qq update >&2 || fail "cannot fetch Debian's source index"
mapfile -t versions < <(
  apt-cache "${apt_options[@]}" showsrc redis | sed -n 's/^Version: //p' | sort -Vru
)
((${#versions[@]})) || fail "the source index has no redis"

cd "$scratch/source"
# A mirror may lag behind the index: an older version serves as well.
for version in "${versions[@]}" ''; do
  [[ -n $version ]] || { tail -20 "$scratch/source.log" >&2; fail "cannot fetch redis ${versions[*]}"; }
  apt-get "${apt_options[@]}" -qq source "redis=$version" >"$scratch/source.log" 2>&1 && break
done
cd redis-*/
make -j"$(nproc)" MALLOC=libc BUILD_TLS=no USE_SYSTEMD=no >"$scratch/make.log" 2>&1 ||
  { tail -20 "$scratch/make.log" >&2; fail "redis $version does not build"; }

# Debian's version carries an epoch; a colon in a path would split lists of paths.
target=$cache/redis-${version//:/_}
rm -rf "$target.new"
mkdir "$target.new"
for program in redis-server redis-cli redis-benchmark; do
  install -m 755 "src/$program" "$target.new/$program"
done
mv "$target.new" "$target"
echo "$target/redis-server"
