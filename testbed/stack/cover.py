"""A small set of combinations of options that together produce everything that any combination can produce. There are
too many combinations to check all of them.

A *part* of the template is a resource or an output. It depends only on the options that it reads, directly or through
its conditions, so the *shapes* that it can take are found by combining just these options. The combinations chosen here
contain each shape of each part, and every pair of options. test_cover.py compares this with real combinations.

Most parts of a combination are also in an earlier one. So a tool gets only the new parts, with all that they refer to.

Run as a program, it writes these stacks into a folder, for checkov: python testbed/stack/cover.py FOLDER
"""

import functools
import itertools
import json
import operator
import random
import re
import sys
from pathlib import Path

from choices import CHOICES, TRAFFIC
from forms import ROOT, TEMPLATE, Values, names_in, parameters_of, transform

# The shape of a part that is not there.
ABSENT = "null"


def options_of(chosen):
    """The parameters of a combination, which is the number of the value of each choice; the first is the default."""
    return functools.reduce(operator.or_, (CHOICES[choice][value] for choice, value in chosen.items()), {})


@functools.cache
def templates():
    """SAM's results, one for each way in which traffic moves. No other choice changes them, which a test checks."""
    return [transform(parameters_of(traffic)) for traffic in CHOICES[TRAFFIC]]


def read_by(node):
    """The parameters that a part of the template reads, directly or through its conditions."""
    names = names_in(node)
    conditions = [TEMPLATE["Conditions"][name] for name in names & TEMPLATE["Conditions"].keys()]
    return (names & TEMPLATE["Parameters"].keys()).union(*map(read_by, conditions))


class Part:
    """A resource or an output."""

    def __init__(self, section, name):
        self.section, self.name = section, name
        self.definitions = [template[section].get(name) for template in templates()]
        read = read_by(self.definitions)
        self.choices = [choice for choice, values in CHOICES.items() if read & set().union(*values)]
        if any(each != self.definitions[0] for each in self.definitions) and TRAFFIC not in self.choices:
            self.choices.append(TRAFFIC)

    def names(self):
        """All that it refers to."""
        return names_in(self.definitions)

    @functools.cache
    def shape(self, *values):
        """The part with these values of its choices, as JSON."""
        chosen = dict(zip(self.choices, values, strict=True))
        template = templates()[chosen.get(TRAFFIC, 0)]
        if self.name not in template[self.section]:
            return ABSENT
        return canonical(Values(parameters_of(options_of(chosen)), template).part(self.section, self.name))

    def shape_in(self, combination):
        return self.shape(*(combination[choice] for choice in self.choices))

    def shapes(self):
        """Each shape that it takes in any combination, with values that produce it."""
        values = itertools.product(*(range(len(CHOICES[choice])) for choice in self.choices))
        return {self.shape(*each): dict(zip(self.choices, each)) for each in values}


def canonical(part):
    return json.dumps(part, sort_keys=True)


def shapes_in(combination):
    """Each part that exists in a combination: its section, its name and its shape."""
    shapes = {(part.section, part.name, part.shape_in(combination)) for part in parts()}
    return {each for each in shapes if each[2] != ABSENT}


@functools.cache
def parts():
    names = [(section, name) for each in templates() for section in ("Resources", "Outputs") for name in each[section]]
    return [Part(*each) for each in dict.fromkeys(names)]


def pairs():
    """Every pair of values of two choices."""
    for one, other in itertools.combinations(CHOICES, 2):
        for i, j in itertools.product(range(len(CHOICES[one])), range(len(CHOICES[other]))):
            yield (one, i), (other, j)


def contents(combination):
    """Each shape and each pair of values in a combination."""
    shapes = {(part.section, part.name, part.shape_in(combination)) for part in parts()}
    return shapes.union(itertools.combinations(combination.items(), 2))


@functools.cache
def cover():
    """Combinations that contain every shape and every pair. A greedy search: of 50 random candidates, it takes the one
    that contains most of what is missing."""
    missing = {(part.section, part.name, shape): values for part in parts() for shape, values in part.shapes().items()}
    missing |= {pair: dict(pair) for pair in pairs()}
    rng = random.Random(0)  # with a seed, so that the result is always the same
    found = []
    while missing:
        # Start from what depends on most choices: random candidates rarely contain it.
        wanted = max(missing.values(), key=len)
        candidates = [
            {choice: wanted.get(choice, rng.randrange(len(values))) for choice, values in CHOICES.items()}
            for _ in range(50)
        ]
        best = max(candidates, key=lambda each: len(missing.keys() & contents(each)))
        found.append(best)
        for each in contents(best):
            missing.pop(each, None)
    return found


def stacks():
    """A template for each combination found: the parts that no earlier one has, with all that they refer to."""
    seen = set()
    for combination in cover():
        shapes = shapes_in(combination)
        template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}, "Outputs": {}}
        declared = {name: json.loads(shape) for section, name, shape in shapes if section == "Resources"}
        needed = set()
        for section, name, shape in shapes - seen:
            template[section][name] = json.loads(shape)
            needed |= names_in(template[section][name])
        while missing := needed & declared.keys() - template["Resources"].keys():
            template["Resources"] |= {name: declared[name] for name in missing}
            needed = names_in([declared[name] for name in missing])
        seen |= shapes
        yield {section: each for section, each in template.items() if each}


# What checkov requires and the stack offers as an option: reserved concurrency, and a customer managed key.
LEFT_TO_OPTIONS = {"CKV_AWS_115", "CKV_AWS_119", "CKV_AWS_158"}


def skipped():
    """The checks that checkov skips. template.yaml gives the reasons for the others at the resources."""
    return sorted(LEFT_TO_OPTIONS | set(re.findall(r"checkov:skip=(\w+):", (ROOT / "template.yaml").read_text())))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, template in enumerate(stacks()):
        (folder / f"{number}.json").write_text(json.dumps(template, indent=1))
    print(",".join(skipped()))
