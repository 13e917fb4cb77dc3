"""Matches the parsed CVs in the queue with the open jobs."""

import json
import os
import time

import redis

import model

queue = redis.Redis.from_url(os.environ["REDIS_URL"])


def main() -> None:
    """Work until the platform ends the process."""
    print(f"the model knows {len(model.vectors())} skills")
    while True:
        try:
            found = queue.blpop("parsed", timeout=5)
        except redis.RedisError as error:
            print(f"the queue does not answer: {error}")
            time.sleep(2)
            continue
        if found:
            cv = json.loads(found[1])
            jobs = [json.loads(text) for text in queue.lrange("jobs", 0, -1)]
            nearness = {job["id"]: model.nearness(job["skills"], cv["skills"]) for job in jobs}
            queue.rpush("matched", json.dumps({"job": cv["job"], "nearness": nearness}))


if __name__ == "__main__":
    main()
