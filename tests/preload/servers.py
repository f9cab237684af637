# SPDX-License-Identifier: BSD-2-Clause
"""What is done with each server: start it, use it over loopback, look inside, stop it.

An exercise gets a Run (run_program.py), and returns a transcript of everything the server answered
that does not depend on time, addresses or ports. Two runs must give the same transcript.
"""

import contextlib
import hashlib
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import time
import urllib.request

import proof
from proof import Failure

HERE = pathlib.Path(__file__).resolve().parent
IS_ROOT = os.getuid() == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"timed out: {what}")
        time.sleep(0.02)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


@contextlib.contextmanager
def server(run, argv, user=None):
    """A running server; whatever of it survives the exercise is ended by the driver."""
    with open(run.work / "server.log", "ab") as log:
        child = subprocess.Popen(argv, cwd=run.work, env=run.environment, user=user, group=user,
                                 extra_groups=[] if user else None, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log)
    try:
        yield child
    except Failure as failure:
        tail = (run.work / "server.log").read_text(errors="replace")[-1000:]
        raise Failure(f"{failure}; server log: {tail}") from failure
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def stop(child, number, expected=0):
    child.send_signal(number)
    try:
        status = child.wait(timeout=30)
    except subprocess.TimeoutExpired as error:
        raise Failure("the server does not stop") from error
    if status != expected:
        raise Failure(f"the server ended with status {status}")


def family(child):
    return {child.pid} | proof.descendants(child.pid)


# nginx

# A plugin that Debian delivers with it.
NGINX_MODULE = "/usr/lib/nginx/modules/ngx_http_echo_module.so"

NGINX_CONF = """
{modules}
daemon off;
worker_processes 2;
pid {work}/nginx.pid;
error_log {work}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  types {{ text/plain txt; }}
  client_body_temp_path {work}/body;
  proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi;
  scgi_temp_path {work}/scgi;
  gzip on;
  gzip_min_length 1;
  server {{
    listen 127.0.0.1:{port};
    root {work}/www;
    location = /module {{ {echo} }}
    location = /generation {{ return 200 "{generation}\\n"; }}
    location ~ ^/proxy(/.*)$ {{ proxy_pass http://127.0.0.1:{port}$1; }}
  }}
}}
"""


def nginx(run):
    port = free_port()
    conf = run.work / "nginx.conf"
    (run.work / "www").mkdir()
    for i in range(50):
        page = run.work / "www" / f"{i}.txt"
        page.write_text("".join(f"page {i} line {n}\n" for n in range(i * 40)))

    def configure(generation):
        conf.write_text(NGINX_CONF.format(
            work=run.work, port=port, generation=generation, modules=f"load_module {NGINX_MODULE};",
            user="user root;" if IS_ROOT else "",
            echo="".join(f'echo "line {n} of $request_uri";' for n in range(100))))

    def fetch(path, gzip):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
        if gzip:
            request.add_header("Accept-Encoding", "gzip")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return f"{answer.status} {path} {hashlib.sha256(answer.read()).hexdigest()}\n"

    def fetch_all():
        for i in range(50):
            yield fetch(f"/module?{i}", gzip=bool(i & 1))
            for prefix in ("", "/proxy"):
                yield fetch(f"{prefix}/{i}.txt", gzip=bool(i & 1))

    configure(0)
    transcript = ""
    with server(run, ["nginx", "-c", str(conf), "-e", str(run.work / "error.log")]) as child:
        wait_until("nginx answers", lambda: answers(port))
        transcript += "".join(fetch_all())
        for generation in (1, 2, 3):
            configure(generation)
            child.send_signal(signal.SIGHUP)
            wanted = hashlib.sha256(f"{generation}\n".encode()).hexdigest()
            wait_until(f"reload {generation}", lambda w=wanted: w in fetch("/generation", False))
            transcript += f"reload {generation}\n" + "".join(fetch_all())
        wait_until("old workers gone", lambda: len(family(child)) == 3)
        run.prove_servers(family(child))
        stop(child, signal.SIGQUIT)
    return transcript


# redis

class Redis:
    """The client side of redis's protocol, as far as the exercise needs it."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), timeout=30).makefile("rwb")

    def send(self, *words):
        self.stream.write(b"*%d\r\n" % len(words))
        for word in words:
            data = str(word).encode()
            self.stream.write(b"$%d\r\n%s\r\n" % (len(data), data))

    def receive(self):
        self.stream.flush()
        line = self.stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise Failure(f"redis: {rest.decode()}")
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.stream.read(size + 2)[:-2].decode()
        if kind == b"*":
            return [self.receive() for _ in range(int(rest))]
        return rest.decode()

    def call(self, *words):
        self.send(*words)
        return self.receive()

    def info(self, section):
        lines = self.call("INFO", section).split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)


def redis_fill(client):
    for i in range(5000):
        client.send("SET", f"string:{i}", "v" * (i % 700))
        client.send("HSET", f"hash:{i % 200}", f"field:{i}", i * i)
        client.send("RPUSH", f"list:{i % 100}", f"element {i}")
        client.send("ZADD", f"sorted:{i % 50}", i % 977, f"member {i}")
        client.send("SADD", f"set:{i % 20}", f"{i % 431}")
        if i % 500 == 499:
            for _ in range(2500):
                client.receive()
    for i in range(0, 5000, 3):
        client.call("DEL", f"string:{i}")


def redis_save(client):
    before = client.info("persistence")
    client.call("BGSAVE")
    wait_until("BGSAVE ends",
               lambda: client.info("persistence")["rdb_bgsave_in_progress"] == "0")
    after = client.info("persistence")
    if after["rdb_last_save_time"] == "0" or before["rdb_bgsave_in_progress"] != "0":
        raise Failure("BGSAVE did not run")
    return f"last_bgsave_status:{after['rdb_last_bgsave_status']}\n"


def redis_exercise(run, program, benchmark):
    port = free_port()
    argv = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no",
            "--dir", str(run.work), "--enable-debug-command", "local"]
    with server(run, argv) as child:
        wait_until("redis answers", lambda: answers(port))
        run.batch([benchmark, "-h", "127.0.0.1", "-p", str(port), "-q", "-n", "5000", "-c", "20",
                   "-r", "2000", "-d", "200", "-t", "set,get,incr,lpush,lpop,sadd,hset,spop,zadd"])
        client = Redis(port)
        client.call("FLUSHALL")
        redis_fill(client)
        transcript = f"keys {client.call('DBSIZE')} digest {client.call('DEBUG', 'DIGEST')}\n"
        transcript += redis_save(client)
        if "last_bgsave_status:ok" not in transcript:
            raise Failure("last_bgsave_status is not ok")
        client.call("DEBUG", "RELOAD")
        transcript += f"reloaded {client.call('DEBUG', 'DIGEST')}\n"
        transcript += f"allocator {client.info('memory')['mem_allocator']}\n"
        run.prove_servers(family(child))
        stop(child, signal.SIGTERM)
    return transcript


def redis(run):
    return redis_exercise(run, "redis-server", "redis-benchmark")


def redis_source(run):
    built = subprocess.run([str(HERE / "build_redis.sh")], capture_output=True, text=True,
                           timeout=600, check=False)
    if built.returncode != 0:
        raise Failure(built.stderr.strip()[-500:])
    program = built.stdout.strip()
    transcript = redis_exercise(run, program,
                                os.path.join(os.path.dirname(program), "redis-benchmark"))
    if "allocator libc" not in transcript:
        raise Failure("redis was not built with MALLOC=libc")
    return transcript


# memcached

def memcached_session(port, transcript):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        stream = link.makefile("rwb")

        def ask(line, data=None):
            stream.write(line.encode() + b"\r\n" + (data + b"\r\n" if data is not None else b""))
            stream.flush()
            return stream.readline().decode().rstrip()

        for i in range(3000):
            value = bytes([97 + i % 26]) * (1 + i * 7 % 3000)
            transcript.append(ask(f"set key{i} 0 0 {len(value)}", value))
        for i in range(3000):
            head = ask(f"get key{i}")
            if head != "END":
                value = stream.readline().decode()[:20]
                transcript.append(head + value + stream.readline().decode())
        for i in range(0, 3000, 2):
            transcript.append(ask(f"delete key{i}"))
        transcript.append(ask("incr key1 1") + ask("get key2") + ask("flush_all") + ask("get key3"))


def memcached(run):
    port = free_port()
    argv = ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "64", "-t", "4"]
    if IS_ROOT:
        argv += ["-u", "root"]
    transcript = []
    with server(run, argv) as child:
        wait_until("memcached answers", lambda: answers(port))
        memcached_session(port, transcript)
        # The items live in memcached's own pages; connections and statistics are what it mallocs.
        links = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(300)]
        for link in links:
            link.sendall(b"stats\r\nstats slabs\r\nget " + b"k" * 200 + b"\r\n")
        for link in links:
            stream = link.makefile("rb")
            ends = 0
            while ends < 3:
                ends += stream.readline() == b"END\r\n"
            link.close()
        transcript.append(f"{len(links)} connections")
        run.prove_servers(family(child))
        stop(child, signal.SIGTERM)
    return "\n".join(transcript) + "\n"


# PostgreSQL

def postgres_programs():
    homes = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                   key=lambda home: int(home.parent.name))
    if not homes:
        raise Failure("no /usr/lib/postgresql/*/bin: apt-get install postgresql")
    return homes[-1]


def postgres(run):
    # The server refuses to run as root.
    user = None
    if IS_ROOT:
        user = "postgres"
        pwd.getpwnam(user)
    home = postgres_programs()
    data = run.work / "cluster"
    sockets = run.work / "sockets"
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    common = ["-h", str(sockets), "-U", "tester"]
    run.batch([f"{home}/initdb", "-D", str(data), "-U", "tester", "--no-sync", "--no-locale",
               "-E", "UTF8", "-A", "trust"], user=user)
    argv = [f"{home}/postgres", "-D", str(data), "-k", str(sockets), "-c", "listen_addresses=",
            "-c", "fsync=off", "-c", "shared_buffers=32MB"]
    ready = [f"{home}/pg_isready", "-q", *common, "-d", "postgres"]
    with server(run, argv, user) as child:
        wait_until("postgres answers",
                   lambda: subprocess.run(ready, check=False, timeout=20).returncode == 0)
        bench = [f"{home}/pgbench", *common]
        run.batch([*bench, "-i", "-q", "-s", "1", "postgres"], user=user)
        out = run.batch([*bench, "-c", "4", "-j", "2", "-t", "250", "--random-seed=7", "postgres"],
                        user=user)
        done = re.search(r"actually processed: (\S+)", out)
        transcript = f"pgbench {done.group(1) if done else out}\n"
        query = ("SELECT sum(abalance), count(*) FROM pgbench_accounts; "
                 "SELECT count(*), sum(delta) FROM pgbench_history; "
                 "SELECT md5(string_agg(x::text, ',' ORDER BY x)) "
                 "FROM generate_series(1, 200000) x; "
                 "SELECT a % 97 AS m, count(*), avg(a) FROM generate_series(1, 50000) a "
                 "GROUP BY m ORDER BY m LIMIT 5; "
                 "CHECKPOINT;")
        transcript += run.batch([f"{home}/psql", *common, "-X", "-A", "-t", "-d", "postgres",
                                 "-c", query], user=user)
        run.prove_servers(family(child))
        stop(child, signal.SIGINT)
    return transcript


EXERCISES = {
    "nginx": nginx,
    "redis": redis,
    "redis_source": redis_source,
    "memcached": memcached,
    "postgres": postgres,
}
