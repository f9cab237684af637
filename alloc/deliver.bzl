# SPDX-License-Identifier: BSD-2-Clause
"""What is installed besides the shared libraries: static archives and public headers."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _files(ctx, files):
    return [DefaultInfo(files = depset(files), runfiles = ctx.runfiles(files))]

def _whole_archive_impl(ctx):
    objects = []
    for dep in ctx.attr.deps:
        for linked in dep[CcInfo].linking_context.linker_inputs.to_list():
            for library in linked.libraries:
                objects += library.pic_objects or library.objects
    toolchain = find_cpp_toolchain(ctx)
    stem = ctx.label.name[:-len(".a")]
    joined = ctx.actions.declare_file(stem + ".joined.o")
    closed = ctx.actions.declare_file(stem + ".o")
    archive = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run(
        executable = toolchain.ld_executable,
        arguments = ["-r", "--force-group-allocation", "-o", joined.path] +
                    [object.path for object in objects],
        inputs = objects,
        outputs = [joined],
        mnemonic = "JoinObjects",
    )
    ctx.actions.run(
        executable = toolchain.objcopy_executable,
        arguments = ["--localize-hidden", joined.path, closed.path],
        inputs = [joined],
        outputs = [closed],
        mnemonic = "HideSymbols",
    )
    ctx.actions.run(
        executable = toolchain.ar_executable,
        arguments = ["rcsD", archive.path, closed.path],
        inputs = [closed],
        outputs = [archive],
        mnemonic = "WholeArchive",
    )
    return _files(ctx, [archive])

# One object with everything below `deps`, so that a program gets all of it or nothing, and with
# the names that are hidden in the shared library made local, so that they cannot clash.
whole_archive = rule(
    implementation = _whole_archive_impl,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def _headers_impl(ctx):
    headers = []
    for dep in ctx.attr.deps:
        headers += dep[CcInfo].compilation_context.direct_public_headers
    return _files(ctx, headers)

# The public headers of `deps` as files.
headers = rule(
    implementation = _headers_impl,
    attrs = {"deps": attr.label_list(providers = [CcInfo])},
)
