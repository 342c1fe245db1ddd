"""The checker of Chinese output finds an English sentence, and lets names, paths, units and commands stand."""

import pytest
from chinese import english_in

GOOD = (
    "a.csv：1 个问题\n  第 2 行“unit”列：得到“no such unit here”；请改用 hm3/a 或 万m³/a。",
    "/tmp/some folder/plan file.nc：这是文件夹。",
    "请运行 waterplan describe --kind input 查看。",
    "可用：measured, reported, estimated, assumed。",
    "用 pip install 'waterplan[peers]' 安装 SQLAlchemy 和 Alembic。",
    "无法读取（详情：Expected a value at line 3）。",
    "saving_target 2500.0 hm3/a，levers.sector_floor.paper",
)
BAD = (
    ("a.csv：the disk is full。", "the disk is full"),
    ("无法写入：No such file or directory。", "No such file or directory"),
    ("unit: cannot be brought to hm3/a。", "unit: cannot be brought to"),
)


@pytest.mark.parametrize("text", GOOD)
def test_names_paths_units_and_commands_may_stand_in_chinese(text):
    assert english_in(text) == []


@pytest.mark.parametrize(("text", "found"), BAD)
def test_an_english_sentence_is_found(text, found):
    assert english_in(text)[0].startswith(found)
