# SPDX-License-Identifier: BSD-2-Clause
"""memcached_client.py PORT: sets 200,000 values of mixed sizes and reads them back in batches."""

import socket
import sys

COUNT = 200000
BATCH = 100


def value(i):
    return b"v" * (16 + i * 7919 % 1000)


def main():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        stream = connection.makefile("rwb")
        for start in range(0, COUNT, BATCH):
            for i in range(start, start + BATCH):
                stream.write(b"set key%d 0 0 %d\r\n%s\r\n" % (i, len(value(i)), value(i)))
            stream.flush()
            for i in range(start, start + BATCH):
                if stream.readline() != b"STORED\r\n":
                    sys.exit("key%d was not stored" % i)
        for start in range(0, COUNT, BATCH):
            stream.write(b"get " + b" ".join(b"key%d" % i for i in range(start, start + BATCH)))
            stream.write(b"\r\n")
            stream.flush()
            found = 0
            while (line := stream.readline()) != b"END\r\n":
                found += 1
                stream.read(int(line.split()[-1]) + 2)
            if found != BATCH:
                sys.exit("%d values of %d came back" % (found, BATCH))


if __name__ == "__main__":
    main()
