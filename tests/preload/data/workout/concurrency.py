# SPDX-License-Identifier: BSD-2-Clause
"""Threads, processes, coroutines, signals and sockets."""

import asyncio
import concurrent.futures
import contextvars
import hashlib
import multiprocessing
import os
import queue
import sched
import selectors
import signal
import socket
import socketserver
import subprocess
import sys
import threading


def threads():
    lock, total = threading.Lock(), [0]

    def work(number):
        local = {}
        for i in range(3000):
            local[i * number % 997] = [number] * (i % 60)
        with lock:
            total[0] += sum(len(v) for v in local.values())

    for _ in range(5):
        workers = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print(total[0], threading.active_count())


def pipeline():
    source, sink = queue.Queue(50), queue.Queue()

    def digest():
        while (item := source.get()) is not None:
            sink.put(hashlib.sha256(item).hexdigest())

    workers = [threading.Thread(target=digest) for _ in range(4)]
    for worker in workers:
        worker.start()
    for i in range(2000):
        source.put(b"%d" % i * (i % 100))
    for _ in workers:
        source.put(None)
    for worker in workers:
        worker.join()
    results = sorted(sink.get() for _ in range(2000))
    print(len(results), results[0][:16], results[-1][:16])
    order = queue.PriorityQueue()
    for i in range(1000):
        order.put((i * 389 % 1009, i))
    print([order.get()[1] for _ in range(5)])


def pools():
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        print(sum(pool.map(lambda n: len(str(7**n)), range(600))))
        futures = {pool.submit(pow, 3, n, 1009): n for n in range(200)}
        print(sum(future.result() for future in concurrent.futures.as_completed(futures)))
        failed = pool.submit(lambda: 1 // 0)
        print(type(failed.exception()).__name__)


def square(n):
    return n, hashlib.md5(bytes(n)).hexdigest()


def processes():
    context = multiprocessing.get_context("fork")
    with context.Pool(3) as pool:
        results = pool.map(square, range(200), chunksize=10)
    print(len(results), results[199])
    spawn = multiprocessing.get_context("fork")
    parent, child = spawn.Pipe()
    process = spawn.Process(target=child.send, args=({"answer": list(range(1000))},))
    process.start()
    print(sum(parent.recv()["answer"]))
    process.join()
    print(process.exitcode)
    shared = spawn.Array("i", range(100))
    process = spawn.Process(target=double, args=(shared,))
    process.start()
    process.join()
    print(sum(shared))


def double(shared):
    for i, value in enumerate(shared):
        shared[i] = value * 2


def children():
    code = "import sys; data = sys.stdin.read(); print(len(data), data[:3], file=sys.stdout)"
    for i in range(3):
        done = subprocess.run([sys.executable, "-S", "-c", code], input="abc" * (i * 1000 + 1),
                              capture_output=True, text=True, check=True)
        print(done.stdout.strip())
    print(subprocess.check_output(["sh", "-c", "echo shell; exit 0"], text=True).strip())
    statuses = []
    for i in range(20):
        pid = os.fork()
        if pid == 0:
            os._exit(len([bytearray(1000) for _ in range(100)]) // 100 + i)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(statuses)


async def count_to(number, results):
    for i in range(number):
        await asyncio.sleep(0)
    results.append(number)


async def conversation():
    results = []
    await asyncio.gather(*(count_to(n % 40, results) for n in range(500)))
    print(len(results), sum(results))

    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def client(name):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        for i in range(20):
            writer.write(f"{name} says {i}\n".encode())
            answers.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answers[-1].decode().strip()

    print(await asyncio.gather(*(client(f"c{i}") for i in range(8))))
    server.close()
    await server.wait_closed()
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    except asyncio.TimeoutError:
        print("timed out")


def coroutines():
    asyncio.run(conversation())
    variable = contextvars.ContextVar("variable", default=0)
    context = contextvars.copy_context()
    context.run(variable.set, 5)
    print(variable.get(), context[variable])


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line[::-1].strip() + b"\n")


def sockets():
    first, second = socket.socketpair()
    first.sendall(b"x" * 5000)
    first.shutdown(socket.SHUT_WR)
    received = b"".join(iter(lambda: second.recv(700), b""))
    print(len(received))
    first.close()
    second.close()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        answers = []
        for i in range(30):
            with socket.create_connection(server.server_address) as link:
                link.sendall(b"hello %d\n" % i)
                link.shutdown(socket.SHUT_WR)
                answers.append(link.makefile("rb").read().strip())
        server.shutdown()
        thread.join()
    print(answers[0], answers[-1])
    reader, writer = os.pipe()
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        os.write(writer, b"ready")
        print([os.read(key.fd, 10) for key, _ in selector.select(1)])
    os.close(reader)
    os.close(writer)


def signals():
    caught = []
    old = signal.signal(signal.SIGUSR1, lambda number, frame: caught.append([number] * 100))
    for _ in range(200):
        os.kill(os.getpid(), signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, old)
    print(len(caught) == 200, caught[0][0] == signal.SIGUSR1)
    log = []
    clock = [0]
    schedule = sched.scheduler(lambda: clock[0], lambda wait: clock.__setitem__(0, clock[0] + wait))
    for i in range(200):
        schedule.enter(i * 7 % 50, i, log.append, (i,))
    schedule.run()
    print(log[:10], len(log))


STEPS = [threads, pipeline, pools, processes, children, coroutines, sockets, signals]
