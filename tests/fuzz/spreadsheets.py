"""Small spreadsheets, written part by part: the tests need no library that writes them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DATE = (1980, 1, 1, 0, 0, 0)
"""The date of every part: two archives of equal parts are equal byte by byte."""

OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
OFFICE = "http://schemas.openxmlformats.org"


def write_archive(path: Path, parts: Mapping[str, str | bytes]) -> None:
    """Writes a zip archive of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


def write_xlsx(path: Path, rows: Sequence[Sequence[str | float]]) -> None:
    """Writes a workbook of Excel with one sheet."""
    relations = f"{OFFICE}/package/2006/relationships"
    office = f"{OFFICE}/officeDocument/2006/relationships"
    main = f"{OFFICE}/spreadsheetml/2006/main"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    lines = "".join(
        f'<row r="{number}">{"".join(map(_xlsx_cell, row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    write_archive(
        path,
        {
            "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{content}.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{content}.worksheet+xml"/>'
            "</Types>",
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="Sheet" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship '
            f'Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">'
            f"<sheetData>{lines}</sheetData></worksheet>",
        },
    )


def write_ods(path: Path, rows: Sequence[Sequence[str | float]]) -> None:
    """Writes an OpenDocument spreadsheet with one sheet."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    lines = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    write_archive(
        path,
        {
            "mimetype": OPEN_DOCUMENT,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{names}:manifest:1.0">'
            f'<m:file-entry m:full-path="/" m:media-type="{OPEN_DOCUMENT}"/>'
            '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>',
            "content.xml": f'<office:document-content xmlns:office="{names}:office:1.0" '
            f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" '
            'office:version="1.2"><office:body><office:spreadsheet>'
            f'<table:table table:name="Sheet">{lines}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        },
    )


def _xlsx_cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def _ods_cell(value: str | float) -> str:
    kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
    return (
        f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'
    )
