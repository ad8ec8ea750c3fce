@echo off
rem Installs Netwright on Windows for the person who runs it, with an entry in the Start menu.
rem
rem   resources\installers\install.cmd             installs it, or this version over an older one
rem   resources\installers\install.cmd --cpu       with PyTorch for the CPU, whatever card is there
rem   resources\installers\install.cmd --remove    removes it all; runs and settings stay
rem
rem The code is copied, so that this folder may be deleted. The packages are fetched as by
rem "python app": with uv where it can be had. This has not been tried yet.
setlocal
set "CODE=%~dp0..\.."
set "PLACE=%LOCALAPPDATA%\Programs\Netwright"
set "ENTRY=%APPDATA%\Microsoft\Windows\Start Menu\Programs\Netwright.lnk"
set "CHECK=import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"

if "%~1"=="--remove" (
    if exist "%PLACE%" rmdir /s /q "%PLACE%"
    if exist "%ENTRY%" del "%ENTRY%"
    echo Netwright is removed. Your runs are in Documents\Netwright; they and your settings stay.
    exit /b 0
)

set "PYTHON="
for %%P in ("py -3" "python" "python3") do (
    if not defined PYTHON %%~P -c "%CHECK%" >nul 2>nul && set "PYTHON=%%~P"
)
if not defined PYTHON (
    where uv >nul 2>nul && uv python install --quiet 3.13
    for /f "delims=" %%P in ('uv python find 3.13 2^>nul') do set PYTHON="%%P"
)
if not defined PYTHON (
    echo Netwright needs Python 3.11 or newer, or uv, which brings one. Install one of them from
    echo https://www.python.org or https://docs.astral.sh/uv, then run this again.
    exit /b 1
)

echo Netwright is installed into %PLACE%.
for %%D in (app models resources) do robocopy "%CODE%\%%D" "%PLACE%\%%D" /mir >nul
for %%F in (pyproject.toml README.md LICENSE) do copy /y "%CODE%\%%F" "%PLACE%\%%F" >nul
%PYTHON% "%PLACE%\app" %* --version || exit /b 1

rem Window style 7: the console stays minimised, and keeps what the program says.
powershell -NoProfile -Command ^
    "$entry = (New-Object -ComObject WScript.Shell).CreateShortcut($env:ENTRY);" ^
    "$entry.TargetPath = Join-Path $env:PLACE '.venv\Scripts\netwright.exe';" ^
    "$entry.WindowStyle = 7; $entry.Save()"
echo Netwright is in the Start menu now.
