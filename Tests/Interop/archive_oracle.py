"""Holds an archive package against E-ARK's published METS schema and Schematron rules (CSIP and SIP 2.1.0).

The rules and vocabularies are those that the package eark-validator brings along. Its own program fetches the
vocabularies from the network at each start, so it is not used.
"""
import pathlib
import re
import sys

import importlib.util

from lxml import etree
from lxml.isoschematron import Schematron

RESOURCES = pathlib.Path(importlib.util.find_spec("eark_validator").origin).parent / "ipxml" / "resources"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

# The published Schematron contradicts the published text, or itself:
# - SIP 2.1 asks for a submitting agent with ROLE="CREATOR" (SIP16) that is an organisation (SIP17); CSIP12, 13, 15 and 16
#   are meant for the agent that is a program, and are asked of every CREATOR. SIP11 and SIP14 are meant for ARCHIVIST.
CONTRADICTIONS = {"CSIP12", "CSIP13", "CSIP15", "CSIP16", "SIP11", "SIP14"}
# A representation's own METS file: its content is under "Data" (CSIP 2.1, 5.3.5), and documentation, schemas and
# representations stand in the package's.
REPRESENTATION = {"CSIP17", "CSIP31", "CSIP60", "CSIP113", "CSIP114", "CSIP91", "CSIP92", "CSIP93", "CSIP95", "CSIP97",
                  "CSIP99", "CSIP101", "CSIP103", "CSIP105"}
# CSIP's own text (example 2 of the structural map) has the division of a representation beside the others.
BESIDE = {"CSIP105"}


def vocabulary(name, attribute):
    tree = etree.parse(RESOURCES / "vocabs" / name)
    terms = [term.text for term in tree.iter("{*}Term")]
    return " or ".join(f"({attribute} = '{term}')" for term in terms)


TESTS = {
    "@TYPE_vocabulary_test": vocabulary("CSIPVocabularyContentCategory.xml", "@TYPE"),
    "@csip:CONTENTINFORMATIONTYPE_vocabulary_test":
        vocabulary("CSIPVocabularyContentInformationType.xml", "@csip:CONTENTINFORMATIONTYPE"),
    "@csip:OAISPACKAGETYPE_vocabulary_test":
        vocabulary("CSIPVocabularyOAISPackageType.xml", "@csip:OAISPACKAGETYPE"),
    "@STATUS_vocabulary_test": vocabulary("CSIPVocabularyStatus.xml", "@STATUS"),
    "@MIMETYPE_IANA_test": "@MIMETYPE = 'application/xml'",
}


def rules(path):
    text = path.read_text()
    for name, test in TESTS.items():
        text = text.replace(name, test)
    return Schematron(etree.XML(text.encode()), store_report=True)


def failures(document):
    for kind in ("CSIP", "SIP"):
        for path in sorted((RESOURCES / "schematron" / "V2.1.0" / kind).glob("*.xml")):
            schematron = rules(path)
            schematron.validate(document)
            for failed in schematron.validation_report.iter(SVRL + "failed-assert"):
                rule = failed.get("id", "?").split("_")[0]
                words = " ".join("".join(failed.itertext()).split())
                yield rule, f"{rule} ({failed.get('role')}): {words[:200]}"


def schema():
    folder = RESOURCES / "schema"
    # The schema names its parts by their addresses on the network; they lie beside it.
    text = re.sub(r'schemaLocation="[^"]*/([^/"]+\.xsd)"', r'schemaLocation="\1"', (folder / "mets.xsd").read_text())
    return etree.XMLSchema(etree.XML(text.encode(), base_url=str(folder / "mets.xsd")))


def main(package):
    found = 0
    mets_schema = schema()
    for path in [package / "METS.xml", *sorted(package.glob("representations/*/METS.xml"))]:
        document = etree.parse(path)
        name = path.relative_to(package)
        if not mets_schema.validate(document):
            for error in mets_schema.error_log:
                print(f"{name}:{error.line}: {error.message}")
                found += 1
        ignored = CONTRADICTIONS | BESIDE | (REPRESENTATION if path.parent != package else set())
        for rule, words in failures(document):
            if rule not in ignored:
                print(f"{name}: {words}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
