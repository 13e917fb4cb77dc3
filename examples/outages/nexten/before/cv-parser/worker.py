"""Parses the CVs in the queue, one after the other."""

import json
import os
import time

import redis

import cv

queue = redis.Redis.from_url(os.environ["REDIS_URL"])


def main() -> None:
    """Work until the platform ends the process."""
    while True:
        try:
            found = queue.blpop("cvs", timeout=5)
        except redis.RedisError as error:
            print(f"the queue does not answer: {error}")
            time.sleep(2)
            continue
        if found:
            job = json.loads(found[1])
            queue.rpush("parsed", json.dumps({**job, **cv.facts(job["text"]), "summary": cv.summary(job["text"])}))


if __name__ == "__main__":
    main()
