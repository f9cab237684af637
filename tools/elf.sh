# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# Reads programs as the kernel and the dynamic loader do, with coreutils alone, and says why
# LD_PRELOAD would have no effect on one. Needs common.sh.

# Each check sets `why` and fails when the library would not take effect.

# What another allocator calls its functions, as an extended regular expression.
allocator_names="([mrxsdn]|sd)allocx|(tc|mi|je)_[a-z_]*(alloc|memalign|new)[a-z_]*"

# elf_check FILE: is it a dynamic program for this machine? Sets elf_loader and elf_segments, seven
# words an entry: type and flags, offset, two addresses, size in the file, ...
elf_check() {
  local file=$1
  local -a h
  local -n ph=elf_segments
  local i phoff phentsize phnum
  elf_loader='' elf_segments=()
  mapfile -t h < <(od -An -v -tu1 -w1 -N64 -- "$file" | tr -d ' ')
  ((${h[4]:-0} != 1)) || { why="is a 32-bit program, the library is 64-bit" && return 1; }
  ((${#h[@]} == 64 && h[4] == 2)) || { why="has a damaged ELF header" && return 1; }
  if ((h[5] != 1 || h[18] + 256 * h[19] != 62)); then
    why="is built for another machine, the library is for x86-64" && return 1
  fi
  phoff=$((h[32] | h[33] << 8 | h[34] << 16 | h[35] << 24))
  phentsize=$((h[54] | h[55] << 8))
  phnum=$((h[56] | h[57] << 8))
  ((phentsize == 56)) || { why="has a damaged ELF header" && return 1; }
  mapfile -t ph < <(od -An -v -tu8 -w8 -j "$phoff" -N $((phnum * 56)) -- "$file" | tr -d ' ')
  for ((i = 0; i + 7 <= ${#ph[@]}; i += 7)); do
    (((ph[i] & 0xffffffff) == 3)) || continue
    IFS= read -r -d '' elf_loader < <(tail -c +$((ph[i + 1] + 1)) -- "$file" | head -c "${ph[i + 4]}")
    break
  done
  if [[ -z $elf_loader ]]; then
    why="is statically linked: nothing can be preloaded into it" && return 1
  elif [[ ${elf_loader##*/} != ld-linux-x86-64.so.* ]]; then
    why="is started by $elf_loader, the library needs the loader of glibc" && return 1
  elif [[ ! -x $elf_loader ]]; then
    why="needs the loader $elf_loader, which is not here" && return 1
  fi
}

# privilege_check FILE: a program that gains rights ignores LD_PRELOAD.
privilege_check() {
  local mode uid gid getcap caps
  read -r mode uid gid < <(stat -L -c '%a %u %g' -- "$1")
  mode=$((8#$mode))
  if (((mode & 04000) && uid != UID)); then
    why="is setuid: the loader ignores LD_PRELOAD in it" && return 1
  elif (((mode & 02010) == 02010)) && [[ $gid != "$(id -rg)" ]]; then
    why="is setgid: the loader ignores LD_PRELOAD in it" && return 1
  fi
  ((UID != 0)) || return 0
  for getcap in /usr/sbin/getcap /sbin/getcap; do
    [[ -x $getcap ]] || continue
    caps=$("$getcap" -- "$1" 2>/dev/null) || return 0
    [[ -z $caps ]] || { why="has file capabilities: the loader ignores LD_PRELOAD in it" && return 1; }
    return 0
  done
}

# The note of preload/entry_x86_64.S: a library or a static program that has our malloc.
has_our_malloc() { LC_ALL=C grep -aqF 'UMA malloc' -- "$1"; }

# linked_check FILE: does the program have our malloc by itself? Sets `own` to where, in words.
linked_check() {
  local file=$1 line
  has_our_malloc "$file" && { own="linked statically" && return 0; }
  elf_check "$file" || return 1
  while IFS= read -r line; do
    if [[ -f $line ]] && has_our_malloc "$line"; then
      own="linked with $(realpath -s -- "$line")" && return 0
    fi
  done < <(
    unset LD_DEBUG_OUTPUT
    LD_TRACE_LOADED_OBJECTS=1 LD_WARN=yes LD_BIND_NOW=1 LD_DEBUG=bindings \
      "$elf_loader" "$file" 2>&1 </dev/null |
      sed -n "s/.*binding file .* \[0\] to \(.*\) \[0\]: .*symbol \`malloc'.*/\1/p" | sort -u
  )
  return 1
}

# loader_check FILE LIBRARY PRELOAD: asks the loader, which runs nothing of the program, whether it
# would load the library, and to whom it would bind malloc. Sets other_names to what the program and
# its libraries call of another allocator, "NAME of LIBRARY" each.
loader_check() {
  local file=$1 lib=$2 out line reason from to
  other_names=()
  local -A target=()
  out=$(
    unset LD_DEBUG_OUTPUT
    LD_PRELOAD=$3 LD_TRACE_LOADED_OBJECTS=1 LD_WARN=yes LD_BIND_NOW=1 LD_DEBUG=bindings \
      "$elf_loader" "$file" 2>&1 </dev/null |
      grep -a -E -e "symbol \`(malloc|$allocator_names)'" -e ' \(0x[0-9a-f]*\)$' -e 'cannot be preloaded' \
        -e ' not found \(required by ' -e '^undefined symbol: '
  )
  while IFS= read -r line; do
    if [[ $line =~ binding\ file\ (.*)\ \[0\]\ to\ (.*)\ \[0\]:\ .*\`(.*)\' ]]; then
      from=${BASH_REMATCH[1]} to=${BASH_REMATCH[2]}
      if [[ ${BASH_REMATCH[3]} != malloc ]]; then
        [[ $from == "$to" ]] || other_names+=("${BASH_REMATCH[3]} of $to")
        continue
      fi
      target[$from]=$to
      [[ ${from##*/} != libc.so.6 ]] || target[libc]=$to
    elif [[ $line == *"object '$lib' from LD_PRELOAD cannot be preloaded ("* ]]; then
      reason=${line##*cannot be preloaded (}
      why="cannot load $lib: ${reason%%)*}" && return 1
    elif [[ $line == *": version "*" not found (required by $lib)" ]]; then
      line=${line##*: version \`}
      why="has a libc without ${line%%\'*}, which $lib needs" && return 1
    elif [[ $line == "undefined symbol: "*"($lib)" ]]; then
      line=${line#undefined symbol: }
      why="has no ${line%%[,[:space:]]*} in its libraries, which $lib needs" && return 1
    elif [[ $line == *"$lib (0x"* ]]; then
      reason=loaded
    fi
  done <<<"$out"
  [[ ${reason:-} == loaded ]] || { why="is not given $lib by its loader" && return 1; }
  to=${target[$file]:-${target[libc]:-$lib}}
  # A program that takes the address of malloc owns the symbol in name only: it binds it onward.
  [[ $to == "$lib" ]] || { why="brings its own malloc ($to)" && return 1; }
}

# dynamic_names FILE: prints the names that it takes and offers; elf_check has been there.
dynamic_names() {
  local -a dynamic
  local i k address=0 size=0
  for ((i = 0; i + 7 <= ${#elf_segments[@]}; i += 7)); do
    (((elf_segments[i] & 0xffffffff) == 2)) || continue
    mapfile -t dynamic < <(od -An -v -tu8 -w8 -j "${elf_segments[i + 1]}" \
      -N "${elf_segments[i + 4]}" -- "$1" | tr -d ' ')
    for ((k = 0; k + 2 <= ${#dynamic[@]}; k += 2)); do
      case ${dynamic[k]} in
        5) address=${dynamic[k + 1]} ;;
        10) size=${dynamic[k + 1]} ;;
      esac
    done
  done
  for ((i = 0; i + 7 <= ${#elf_segments[@]}; i += 7)); do
    (((elf_segments[i] & 0xffffffff) == 1)) || continue
    ((address >= elf_segments[i + 2] && address - elf_segments[i + 2] < elf_segments[i + 4])) ||
      continue
    tail -c +$((address - elf_segments[i + 2] + elf_segments[i + 1] + 1)) -- "$1" |
      head -c "$size" | tr '\0' '\n'
  done
}

# other_allocator FILE: prints what FILE and its libraries have to do with another allocator, by its
# own names, or nothing; loader_check has been there. Such a program may mix that one's blocks with
# ours.
other_allocator() {
  local name
  if ((${#other_names[@]})); then
    printf 'calls %s' "${other_names[0]}"
    return
  fi
  name=$(dynamic_names "$1" | grep -a -x -m 1 -E "$allocator_names")
  [[ -z $name ]] || printf 'has %s in itself' "$name"
}
