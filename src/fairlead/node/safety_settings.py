"""A safety file: the sections about risk and watching, in a file of their own.

`fairlead run --safety FILE` puts them over a configuration, and `include` takes them into one. Who
answers for safety may so keep a file that strategies and venues have no part in.
"""

from typing import Final

from fairlead.node.data_settings import DataSettings
from fairlead.node.execution_settings import ExecutionSettings
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.settings import Section
from fairlead.node.watch_settings import (
    AlertingSettings,
    AuditSettings,
    BackupSettings,
    LoggingSettings,
    MonitoringSettings,
)

RISK: Final = "risk"
SAFETY: Final = "safety"  # another name for it


class SafetyFile(Section):
    """What may stand in a safety file. Each section may also stand in the configuration itself."""

    risk: RiskSettings = RiskSettings()
    execution: ExecutionSettings = ExecutionSettings()
    data: DataSettings = DataSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    alerting: AlertingSettings = AlertingSettings()
    logging: LoggingSettings = LoggingSettings()
    audit: AuditSettings = AuditSettings()
    backup: BackupSettings = BackupSettings()
